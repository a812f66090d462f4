/**
 * Approximations as files: safetensors for the numbers, JSON for the rest. What is
 * stored is `approx.data`, plain data with the elaborated model, so a file is read in
 * another process without the training data and without the code of the model.
 *
 * Laws: reading what was written gives the same data, to the bit; what is read is
 * checked (version, names, shapes, digests) and a misfit is a Left that says which.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, gelatoError, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Model from '../model/index.ts'
import { checkApproximation, of } from '../infer/approximation.ts'
import type { Approximation, ApproximationData } from '../infer/approximation.ts'
import { layoutOf, sizeOf } from '../infer/layout.ts'
import type { Data } from '../tensor/node.ts'
import { contentOf, isRecord } from './envelope.ts'
import { read, write } from './index.ts'
import type { SafeTensor, Saved, SavedFiles } from './index.ts'

/** Version of the form. */
const VERSION = 1

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const tensorOf = (shape: readonly number[], data: Data): SafeTensor =>
  data instanceof Int32Array ? { dtype: 'I32', shape, data }
  : data instanceof Uint32Array ? { dtype: 'U32', shape, data }
  : data instanceof Uint8Array ? { dtype: 'U8', shape, data }
  : { dtype: 'F32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) }

/** Plain data with its arrays taken out under the path where they stood. */
const separate = (value: unknown, tensors: Record<string, SafeTensor>): unknown => {
  const go = (x: unknown, path: string): unknown => {
    if (ArrayBuffer.isView(x)) {
      tensors[path] = tensorOf([(x as Data).length], x as Data)
      return { $tensor: path }
    }
    if (Array.isArray(x)) return x.map((v, i) => go(v, `${path}.${i}`))
    if (!isRecord(x)) return typeof x === 'number' && !Number.isFinite(x) ? { $number: String(x) } : x
    if (ArrayBuffer.isView(x['data']) && Array.isArray(x['shape']) && Object.keys(x).length === 2) {
      tensors[path] = tensorOf(x['shape'] as readonly number[], x['data'] as Data)
      return { $array: path }
    }
    return Object.fromEntries(Object.entries(x).filter(([, v]) => v !== undefined).map(([k, v]) => [k, go(v, path === '' ? k : `${path}.${k}`)]))
  }
  return go(value, '')
}

/** An approximation as JSON and tensors. Left where its model has problems. */
export const toSaved = (approx: Approximation): Either<GelatoErrors, Saved> =>
  pipe(
    checkApproximation(['Approximation'], approx),
    E.chain(() => Model.toData(approx.data.model)),
    E.map(({ json, arrays }) => {
      const tensors: Record<string, SafeTensor> = {}
      for (const [name, a] of Object.entries(arrays)) tensors[name] = tensorOf(a.shape, a.data)
      const { model: _, ...rest } = approx.data
      return { json: { kind: 'approximation', version: VERSION, model: json, data: separate(rest, tensors) }, tensors }
    })
  )

/**
 * Writes `<path>.safetensors` and `<path>.json`; `path` ends in a name.
 *
 * Errors: `CannotWrite`; `NoFileSystem` in a browser, where `toSaved` does it; those of a
 * model that has problems.
 *
 * @example
 * await orThrow(Approximation.save('out/bnn')(approx))
 */
export const save =
  (path: string) =>
  (approx: Approximation): TaskEither<GelatoError, SavedFiles> =>
    pipe(toTask(toSaved(approx)), TE.chain(write(path)))

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const corrupt = (where: string, got: string, need: string): Either<GelatoErrors, never> =>
  fail('CorruptApproximation', [where], got, need, 'the file was altered or written by another version: save the approximation again')

/** Puts the arrays back where they stood. */
const joined = (value: unknown, tensors: Saved['tensors']): Either<GelatoErrors, unknown> => {
  const missing: string[] = []
  const find = (name: unknown): SafeTensor | undefined => {
    const t = Object.hasOwn(tensors, String(name)) ? tensors[String(name)] : undefined
    if (t === undefined) missing.push(String(name))
    return t
  }
  const go = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(go)
    if (!isRecord(x)) return x
    if ('$tensor' in x) return find(x['$tensor'])?.data
    if ('$number' in x) return Number(x['$number'])
    if ('$array' in x) {
      const t = find(x['$array'])
      return t && { shape: t.shape, data: t.data }
    }
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, go(v)]))
  }
  const out = go(value)
  return missing.length === 0 ? E.right(out) : corrupt(missing[0], 'no such tensor in the safetensors file', 'every tensor that the JSON names')
}

const FIELDS = ['_tag', 'version', 'method', 'posterior', 'params', 'states', 'layout', 'optimizer', 'state', 'step', 'epoch', 'offset', 'history', 'provenance']

/** The layout must be that of the model's sites, and every parameter as long as it says. */
const checked = (data: ApproximationData): Either<GelatoErrors, ApproximationData> => {
  const absent = FIELDS.find((k) => !Object.hasOwn(data, k))
  if (absent !== undefined) return corrupt(absent, 'nothing', `the field '${absent}'`)
  if (data._tag !== 'ApproximationData' || data.version !== 1) return corrupt('version', `${String(data._tag)} ${String(data.version)}`, 'ApproximationData 1')
  const want = layoutOf(data.model.sites)
  const other = data.layout.places.length === want.places.length
    ? want.places.find((p, i) => JSON.stringify(p) !== JSON.stringify({ name: data.layout.places[i].name, shape: data.layout.places[i].shape, size: data.layout.places[i].size, offset: data.layout.places[i].offset, padded: data.layout.places[i].padded }))
    : want.places[0]
  if (other !== undefined || data.layout.dim !== want.dim) return corrupt('layout', `places that differ at '${other?.name ?? 'the end'}'`, "the places of the model's sites")
  const held = (name: 'params' | 'states'): string | undefined => {
    const shapes = data.model[name], arrays = data[name]
    return [...Object.keys(shapes), ...Object.keys(arrays)].find((k) =>
      !Object.hasOwn(shapes, k) || !Object.hasOwn(arrays, k) || arrays[k].shape.join() !== shapes[k].shape.join() || arrays[k].data.length !== sizeOf(shapes[k].shape))
  }
  const strange = held('params') ?? held('states')
  if (strange !== undefined) return corrupt(strange, 'nothing, or numbers of another shape', "the model's point estimates and states, each in its shape")
  if (data.posterior._tag === 'Family') {
    const wrong = Object.entries(data.posterior.params).find(([, v]) => v.shape.length !== 1 || v.shape[0] !== want.dim || v.data.length !== want.dim)
    if (wrong !== undefined) return corrupt(wrong[0], `${wrong[1].data.length} numbers`, `${want.dim} numbers, one for each latent value`)
  }
  return E.right(data)
}

const fromContent = (json: unknown, tensors: Saved['tensors']): Either<GelatoErrors, Approximation> => {
  if (!isRecord(json) || json['kind'] !== 'approximation') return corrupt('kind', isRecord(json) ? String(json['kind']) : typeof json, 'an approximation')
  if (json['version'] !== VERSION) return corrupt('version', String(json['version']), `version ${VERSION}`)
  return pipe(
    Model.fromData(json['model'], tensors),
    E.chain((model) => pipe(
      joined(json['data'], tensors),
      E.chain((rest) => (isRecord(rest) ? checked({ ...rest, model } as unknown as ApproximationData) : corrupt('data', typeof rest, 'the fields of an approximation')))
    )),
    E.map((data) => of(data))
  )
}

/**
 * An approximation from JSON and tensors, or what is wrong with them. `json` is what `toSaved`
 * gave, or the JSON file that `save` wrote, parsed; `tensors` those of the bytes beside it.
 *
 * Errors: `CorruptApproximation`, which names the part; `UnknownVersion`.
 *
 * @example
 * const again = pipe(Approximation.toSaved(approx), E.chain(Approximation.fromSaved))
 */
export const fromSaved = (saved: Saved): Either<GelatoErrors, Approximation> =>
  !isRecord(saved) ? corrupt('saved', shown(saved), 'a record of json and tensors')
    : !isRecord(saved.tensors) ? corrupt('tensors', shown(saved.tensors), 'tensors by name, such as decodeSafetensors gives')
    : pipe(contentOf('json', saved.json), E.chain((json) => fromContent(json, saved.tensors)))

/**
 * Reads what `save` wrote, in any process, without the training data.
 *
 * Errors: `CannotRead`, `CorruptFile` and `CorruptApproximation`, which name the file or
 * the part.
 *
 * @example
 * const approx = await orThrow(Approximation.load('out/bnn'))
 */
export const load = (path: string): TaskEither<GelatoError, Approximation> =>
  pipe(
    read(path),
    TE.chain((saved) => toTask(fromSaved(saved))),
    TE.mapLeft((e) => (e.path[0] === path ? e : gelatoError(e._tag, [path, ...e.path], e.got, e.need, e.hint)))
  )
