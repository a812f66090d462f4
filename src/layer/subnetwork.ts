/**
 * Parts of networks: a network up to one of its layers is a network, with the names that
 * its layers had.
 *
 * Laws: up to the last layer it is the network itself; up to a layer of what is up to a
 * later one, it is up to that layer.
 *
 * @since 0.3.0
 */
import { castDraft, produce } from 'immer'
import { didYouMean, fail, gelatoError } from '../error.ts'
import type { Layer } from './network.ts'
import { attach, isNetwork, names, order } from './network.ts'

/**
 * The network up to a layer, by name: its output is the layer's, what comes after is
 * left out. Layers keep their names, so that weights and sites do.
 *
 * @example
 * const net = pipe(Layer.input([null, 3]), Layer.dense({ units: 4 }), Layer.dense({ units: 1 }))
 * const features = pipe(net, Layer.upTo('dense_1'))
 * const other = pipe(features, Layer.dense({ units: 7, name: 'head' }))
 */
export const upTo =
  (layer: string): Layer =>
  (network) => {
    if (!isNetwork(network)) return attach({ kind: 'upTo', name: undefined, slots: {}, label: '', rule: () => fail('NotANetwork', [], 'no network', 'a network', 'begin with Layer.input(...)'), problems: [] }, [network])
    const named = names(network)
    const token = order(network).find((t) => named.get(t) === layer)
    if (token === undefined) {
      const known = [...named.values()]
      return attach({
        kind: 'upTo', name: undefined, slots: {}, label: '', rule: () => fail('UnknownLayer', [], layer, 'a layer', 'name one'),
        problems: [gelatoError('UnknownLayer', [], `'${layer}'`, `one of ${known.join(', ')}`, didYouMean(layer, known))]
      }, [network])
    }
    const kept = order({ ...network, output: token })
    return produce(network, (draft) => {
      draft.output = castDraft(token)
      draft.nodes = Object.fromEntries(kept.map((t) => [t, { ...draft.nodes[t], name: named.get(t) }]))
    })
  }
