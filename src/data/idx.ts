/**
 * The idx format of the MNIST database: a four-byte magic (two zeros, the element
 * type, the number of dimensions), the extents as big-endian u32, then the elements
 * (yann.lecun.com/exdb/mnist, "the IDX file format"). Pure: bytes to value.
 *
 * Law: a parse is total; every defect is a Left that names the file and the defect.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { NdArray } from '../dataset/index.ts'

const hint = 'the file is damaged or not an idx file: get it anew'

/**
 * Parses an idx file of unsigned bytes that must have `dimensions` dimensions. The
 * result is a view of `bytes`.
 *
 * Errors: `CorruptIdx`, with the path `file`.
 */
export const parseIdx =
  (file: string, dimensions: number) =>
  (bytes: Uint8Array): Either<GelatoErrors, NdArray<Uint8Array>> => {
    const bad = (got: string, need: string) => fail('CorruptIdx', [file], got, need, hint)
    if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b)
      return fail('CorruptIdx', [file], 'a gzip archive', 'an uncompressed idx file', 'decompress it first')
    if (bytes.length < 4) return bad(`${bytes.length} bytes`, 'a magic number of 4 bytes')
    if (bytes[0] !== 0 || bytes[1] !== 0)
      return bad(`magic ${[...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ')}`, 'a magic that starts with two zero bytes')
    if (bytes[2] !== 0x08) return bad(`element type 0x${bytes[2].toString(16).padStart(2, '0')}`, 'element type 0x08, unsigned byte')
    if (bytes[3] !== dimensions) return bad(`${bytes[3]} dimensions`, `${dimensions} dimensions`)
    const start = 4 + 4 * dimensions
    if (bytes.length < start) return bad(`a header cut at byte ${bytes.length}`, `a header of ${start} bytes`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i, false))
    const size = shape.reduce((a, b) => a * b, 1)
    const there = bytes.length - start
    if (size === 0) return bad(`extents [${shape.join(', ')}]: no elements`, 'at least one element')
    if (there < size) return bad(`cut short: ${there} bytes of elements`, `${size} bytes for extents [${shape.join(', ')}]`)
    if (there > size) return bad(`${there - size} bytes after the last element`, `${size} bytes for extents [${shape.join(', ')}]`)
    return E.right({ shape, data: bytes.subarray(start) })
  }
