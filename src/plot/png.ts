/**
 * A grey image as a PNG data address, so that a plot that shows images stays one
 * plain value (PNG: w3.org/TR/png; zlib with stored blocks, RFC 1950 and 1951).
 */

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

const crc32 = (bytes: Uint8Array): number => {
  let c = 0xffffffff
  for (const b of bytes) c = crcTable[(c ^ b) & 0xff] ^ (c >>> 8)
  return ~c >>> 0
}

const adler32 = (bytes: Uint8Array): number => {
  let a = 1
  let b = 0
  for (const x of bytes) {
    a = (a + x) % 65521
    b = (b + a) % 65521
  }
  return ((b << 16) | a) >>> 0
}

const u32 = (x: number): readonly number[] => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]
const join = (parts: readonly Iterable<number>[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]))

const chunk = (type: string, body: Uint8Array): Uint8Array => {
  const named = join([[...type].map((c) => c.charCodeAt(0)), body])
  return join([u32(body.length), named, u32(crc32(named))])
}

/** One stored block per 65,535 bytes. */
const stored = (bytes: Uint8Array): Uint8Array => {
  const size = 65535
  const blocks = Array.from({ length: Math.max(1, Math.ceil(bytes.length / size)) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
  return join([
    [0x78, 0x01],
    ...blocks.flatMap((b, i) => [[i === blocks.length - 1 ? 1 : 0, b.length & 255, b.length >> 8, ~b.length & 255, (~b.length >> 8) & 255], b]),
    u32(adler32(bytes))
  ])
}

/** The PNG file of an 8-bit grey image, row-major, 0 black to 255 white. */
export const greyPng = (pixels: Uint8Array, width: number): Uint8Array => {
  const height = pixels.length / width
  const lines = Array.from({ length: height }, (_, r) => [0, ...pixels.subarray(r * width, (r + 1) * width)])
  return join([
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    chunk('IHDR', join([u32(width), u32(height), [8, 0, 0, 0, 0]])),
    chunk('IDAT', stored(join(lines))),
    chunk('IEND', new Uint8Array(0))
  ])
}

/** An image as a `data:` address; floats are taken as 0 to 1, bytes as 0 to 255. */
export const greyDataUrl = (image: Uint8Array | Float32Array, width: number): string => {
  const pixels = image instanceof Uint8Array ? image : Uint8Array.from(image, (v) => Math.round(255 * Math.min(1, Math.max(0, v))))
  return `data:image/png;base64,${btoa(String.fromCharCode(...greyPng(pixels, width)))}`
}
