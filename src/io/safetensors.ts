/**
 * The safetensors format: eight bytes of header length (little-endian u64), a JSON
 * header of dtype, shape and byte offsets by name, then the raw little-endian
 * numbers (huggingface.co/docs/safetensors). Pure: values to bytes and back. Files of
 * others hold other dtypes too: halves, bfloat16 and doubles are read as F32, 64-bit
 * integers as I32.
 *
 * Laws: decoding what was encoded gives the same bits; encoding is deterministic and
 * doesn't depend on the order of names; decoding is total, every malformation a Left
 * that says which.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A tensor as the file holds it, row-major. */
export type SafeTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'U32'; readonly shape: readonly number[]; readonly data: Uint32Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array }

/** What one file holds: tensors by name, and a map of strings. */
export interface SafeTensors {
  readonly tensors: Readonly<Record<string, SafeTensor>>
  readonly metadata: Readonly<Record<string, string>>
}

/** Dtypes that are read. */
type FileDType = SafeTensor['dtype'] | 'F64' | 'F16' | 'BF16' | 'I64'

const bytesOf: Record<FileDType, number> = { F32: 4, I32: 4, U32: 4, U8: 1, F64: 8, F16: 2, BF16: 2, I64: 8 }
const isDType = (s: unknown): s is FileDType => typeof s === 'string' && Object.hasOwn(bytesOf, s)
const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

/** The format's own bound on the header. */
const maxHeader = 100_000_000

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const checkTensor = ([name, t]: readonly [string, SafeTensor]): Either<GelatoErrors, void> =>
  name === '__metadata__'
    ? fail('BadTensorName', [name], "a tensor named '__metadata__'", 'a name that the format does not reserve', 'rename the tensor')
    : !t.shape.every((n) => Number.isSafeInteger(n) && n >= 0) || countOf(t.shape) !== t.data.length
      ? fail('ShapeMismatch', [name], `shape [${t.shape.join(', ')}] with ${t.data.length} numbers`, 'as many numbers as the shape says', 'check the shape')
      : E.right(undefined)

/**
 * The bytes of a safetensors file: wide dtypes first, then by name, so that every
 * tensor is aligned; the header is padded with spaces to eight bytes.
 *
 * Errors: `BadTensorName`, `ShapeMismatch`.
 */
export const encode = ({ tensors, metadata }: SafeTensors): Either<GelatoErrors, Uint8Array> => {
  const entries = Object.entries(tensors).sort(
    ([a, s], [b, t]) => bytesOf[t.dtype] - bytesOf[s.dtype] || (a < b ? -1 : a > b ? 1 : 0)
  )
  return pipe(
    all(entries.map(checkTensor)),
    E.map(() => {
      const ends = entries.reduce<readonly number[]>((e, [, t]) => [...e, e[e.length - 1] + t.data.byteLength], [0])
      const strings = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))
      const header = Object.fromEntries([
        ...(Object.keys(strings).length > 0 ? [['__metadata__', strings] as const] : []),
        ...entries.map(
          ([name, t], i) => [name, { dtype: t.dtype, shape: t.shape, data_offsets: [ends[i], ends[i + 1]] }] as const
        )
      ])
      const text = new TextEncoder().encode(JSON.stringify(header))
      const length = Math.ceil(text.length / 8) * 8
      const out = new Uint8Array(8 + length + ends[entries.length])
      new DataView(out.buffer).setBigUint64(0, BigInt(length), true)
      out.set(text, 8)
      out.fill(0x20, 8 + text.length, 8 + length)
      entries.forEach(([, t], i) =>
        out.set(new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength), 8 + length + ends[i])
      )
      return out
    })
  )
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

interface Entry {
  readonly name: string
  readonly dtype: FileDType
  readonly shape: readonly number[]
  readonly from: number
  readonly to: number
}

const hint = 'the file is damaged or was not written as safetensors: save it again'

const entry =
  (file: string, size: number) =>
  ([name, e]: readonly [string, unknown]): Either<GelatoErrors, Entry> => {
    const bad = (got: string, need: string) => fail('CorruptSafetensors', [file, name], got, need, hint)
    if (!isRecord(e)) return bad('no object', 'dtype, shape and data_offsets')
    const { dtype, shape, data_offsets: offsets } = e
    if (!isDType(dtype)) return bad(`dtype ${JSON.stringify(dtype)}`, `one of ${Object.keys(bytesOf).join(', ')}`)
    if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
      return bad(`shape ${JSON.stringify(shape)}`, 'an array of whole numbers')
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((n) => Number.isSafeInteger(n) && n >= 0))
      return bad(`data_offsets ${JSON.stringify(offsets)}`, 'two whole numbers')
    const [from, to] = offsets as readonly number[]
    const need = countOf(shape as readonly number[]) * bytesOf[dtype]
    if (from > to || to > size) return bad(`data_offsets [${from}, ${to}]: out of bounds`, `0 <= begin <= end <= ${size}, the bytes that are there`)
    if (to - from !== need) return bad(`${to - from} bytes: wrong size`, `${need} bytes for ${dtype} [${shape.join(', ')}]`)
    return E.right({ name, dtype, shape: shape as readonly number[], from, to })
  }

const parseHeader = (file: string, text: Uint8Array): Either<GelatoErrors, Readonly<Record<string, unknown>>> => {
  const bad = (got: string) => fail('CorruptSafetensors', [file, 'header'], got, 'a JSON object in UTF-8', hint)
  if (text[0] !== 0x7b) return bad('a header that does not start with {')
  return pipe(
    E.tryCatch(
      () => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as unknown,
      (e) => (e instanceof Error ? e.message : String(e))
    ),
    E.foldW(bad, (x) => (isRecord(x) ? E.right(x) : bad('JSON that is no object')))
  )
}

const metadataOf = (file: string, x: unknown): Either<GelatoErrors, Readonly<Record<string, string>>> =>
  x === undefined
    ? E.right({})
    : isRecord(x) && Object.values(x).every((v) => typeof v === 'string')
      ? E.right(x as Readonly<Record<string, string>>)
      : fail('CorruptSafetensors', [file, '__metadata__'], 'values that are no strings', 'an object of strings', hint)

/** IEEE 754 half precision: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
const half = (h: number): number => {
  const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023
  return exponent === 31 ? (fraction === 0 ? sign * Infinity : NaN) : exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** bfloat16 is the upper half of a single. */
const upperHalves = (h: Uint16Array): Float32Array => new Float32Array(Uint32Array.from(h, (v) => v << 16).buffer)

const int32 = (name: string, file: string, data: BigInt64Array): Either<GelatoErrors, Int32Array> => {
  const large = data.find((v) => v !== BigInt.asIntN(32, v))
  return large === undefined ? E.right(Int32Array.from(data, Number)) : fail('OutOfRange', [file, name], `the 64-bit integer ${large}`, 'integers of at most 32 bits', 'save the tensor with a narrower dtype')
}

/** The numbers are copied, so that they are aligned wherever the bytes lie (`slice` of a Node Buffer would not copy). */
const tensorOf =
  (file: string, data: Uint8Array) =>
  ({ name, dtype, shape, from, to }: Entry): Either<GelatoErrors, SafeTensor> => {
    const b = new Uint8Array(data.subarray(from, to)).buffer
    switch (dtype) {
      case 'F32': return E.right({ dtype, shape, data: new Float32Array(b) })
      case 'I32': return E.right({ dtype, shape, data: new Int32Array(b) })
      case 'U32': return E.right({ dtype, shape, data: new Uint32Array(b) })
      case 'U8': return E.right({ dtype, shape, data: new Uint8Array(b) })
      case 'F64': return E.right({ dtype: 'F32', shape, data: Float32Array.from(new Float64Array(b)) })
      case 'F16': return E.right({ dtype: 'F32', shape, data: Float32Array.from(new Uint16Array(b), half) })
      case 'BF16': return E.right({ dtype: 'F32', shape, data: upperHalves(new Uint16Array(b)) })
      case 'I64': return pipe(int32(name, file, new BigInt64Array(b)), E.map((v): SafeTensor => ({ dtype: 'I32', shape, data: v })))
    }
  }

/**
 * Reads the bytes of a safetensors file; `file` names it in errors. Tensors must
 * fill the data without gap or overlap, as the format demands.
 *
 * Errors: `CorruptSafetensors`: short or unreadable header, unknown dtype, wrong
 * size, out of bounds, overlap, gap, trailing bytes, a file of `torch.save`; `OutOfRange` for integers beyond 32
 * bits.
 */
export const decode =
  (file: string) =>
  (bytes: Uint8Array): Either<GelatoErrors, SafeTensors> => {
    const bad = (got: string, need: string) => fail('CorruptSafetensors', [file], got, need, hint)
    // PyTorch's own files: a zip, before 1.6 a pickle.
    const own = bytes[8] === 0x7b ? undefined : [...bytes.subarray(0, 4)].join() === '80,75,3,4' ? 'zip file' : [...bytes.subarray(0, 3)].join() === '128,2,138' ? 'pickle' : undefined
    if (own !== undefined)
      return fail('CorruptSafetensors', [file], `a ${own}, as torch.save writes it`, 'a safetensors file', "in Python: safetensors.torch.save_file(model.state_dict(), 'net.safetensors')")
    if (bytes.length < 8) return bad(`${bytes.length} bytes: short header`, 'eight bytes of header length at least')
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true)
    if (length > BigInt(maxHeader)) return bad(`a header of ${length} bytes`, `at most ${maxHeader} bytes`)
    if (length > BigInt(bytes.length - 8)) return bad(`short header: ${bytes.length - 8} bytes of it`, `${length} bytes`)
    const text = bytes.subarray(8, 8 + Number(length))
    const data = bytes.subarray(8 + Number(length))
    return pipe(
      parseHeader(file, text),
      E.chain((header) =>
        pipe(
          E.Do,
          E.apS('metadata', metadataOf(file, header['__metadata__'])),
          E.apS(
            'entries',
            all(Object.entries(header).filter(([k]) => k !== '__metadata__').map(entry(file, data.length)))
          )
        )
      ),
      E.chainFirst(({ entries }) => {
        const sorted = [...entries].sort((a, b) => a.from - b.from || a.to - b.to)
        const end = sorted[sorted.length - 1]?.to ?? 0
        const i = sorted.findIndex((e, k) => e.from !== (k === 0 ? 0 : sorted[k - 1].to))
        if (i >= 0) {
          const before = i === 0 ? 0 : sorted[i - 1].to
          return fail(
            'CorruptSafetensors',
            [file, sorted[i].name],
            sorted[i].from < before ? `overlap with '${sorted[i - 1].name}'` : `a gap of ${sorted[i].from - before} bytes before it`,
            'tensors that follow each other without gap or overlap',
            hint
          )
        }
        return end === data.length
          ? E.right(undefined)
          : bad(`${data.length - end} trailing bytes`, `${end} bytes of data, as the header says`)
      }),
      E.chain(({ entries, metadata }) =>
        pipe(
          all(entries.map(tensorOf(file, data))),
          E.map((tensors) => ({ tensors: Object.fromEntries(entries.map((e, i) => [e.name, tensors[i]])), metadata }))
        )
      )
    )
  }
