/**
 * Making layers: from a kind, readers for its options, its slots and its rule to the
 * function that users call. All layers are made here, so all of them check options
 * alike, take a `name`, and turn a wrong call into a node that carries its errors.
 *
 * @since 0.1.0
 */
import { fail, gelatoError, shown } from '../error.ts'
import type { LayerNode, Network, Rule } from './network.ts'
import { attach, source } from './network.ts'
import type { Read, Reader } from './option.ts'
import { naming, optional, read } from './option.ts'
import type { Slot } from './param.ts'

/** Readers for options. */
export type Readers<A> = { readonly [K in keyof A]-?: Reader<A[K]> }

/** What a kind of layer is. */
export interface Definition<A> {
  readonly kind: string
  readonly options: Readers<A>
  readonly slots?: (o: A) => Readonly<Record<string, Slot>>
  /** A few words for pictures: `32 of 5 x 5, tanh`. */
  readonly label?: (o: A) => string
  readonly rule: (o: A) => Rule
}

type Named<A> = A & { readonly name: string | undefined }

const settle = <A>(d: Definition<A>, config: unknown): Omit<LayerNode, 'inputs'> => {
  if (typeof d !== 'object' || d === null || typeof d.options !== 'object' || d.options === null || typeof d.rule !== 'function')
    return { kind: 'layer', name: undefined, slots: {}, label: '', rule: () => fail('BadLayer', [], 'a definition', 'a definition', 'mend it'),
      problems: [gelatoError('BadLayer', [], shown(d), 'a definition: { kind, options, rule }', 'give readers of the options, and a rule from inputs to a plan')] }
  const { value, problems }: Read<Named<A>> = read<Named<A>>(config, { ...d.options, name: optional(naming) } as unknown as Readers<Named<A>>)
  const given = typeof config === 'object' && config !== null ? (config as { name?: unknown }).name : undefined
  return value === undefined
    ? { kind: d.kind, name: typeof given === 'string' && given !== '' ? given : undefined, slots: {}, label: '', problems, rule: () => fail('BadOption', [], 'options', 'options as documented', 'mend them') }
    : { kind: d.kind, name: value.name, slots: d.slots?.(value) ?? {}, label: d.label?.(value) ?? '', problems, rule: d.rule(value) }
}

/** A layer on one network: `(config) => (network) => network`. */
export const unary =
  <A, C>(d: Definition<A>) =>
  (config: C) => {
    const node = settle(d, config)
    return (network: Network): Network => attach(node, [network])
  }

/** A layer on one network whose options can all be left out. */
export const unaryOr =
  <A, C>(d: Definition<A>) =>
  (config: C = {} as C) => {
    const node = settle(d, config)
    return (network: Network): Network => attach(node, [network])
  }

/** A layer that joins networks: `(config) => (networks) => network`; one network is a list of one. */
export const joining =
  <A, C>(d: Definition<A>) =>
  (config: C = {} as C) => {
    const node = settle(d, config)
    return (networks: Network | readonly Network[]): Network => attach(node, (Array.isArray(networks) ? networks : [networks]) as readonly Network[])
  }

/** A layer without inputs. */
export const begin = <A>(d: Definition<A>, config: unknown): Network => source(settle(d, config))
