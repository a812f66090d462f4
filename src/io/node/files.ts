/**
 * A value of plain JSON and tensors as two files, `<path>.safetensors` and
 * `<path>.json`, for whatever is saved (approximations, draws). The JSON file holds
 * length and SHA-256 of the tensor file and of its own content.
 *
 * Laws: reading what was written gives the same JSON and the same bits; a reader
 * never sees a half-written file; a cut or altered file is a Left that says which.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { E, TE, pipe } from '../../fp.ts'
import type { Either, TaskEither } from '../../fp.ts'
import { fail, gelatoError, toTask } from '../../error.ts'
import type { GelatoError, GelatoErrors } from '../../error.ts'
import { checkVersion, formatName, formatVersion, isEnvelope, isRecord } from '../envelope.ts'
import { decode, encode } from '../safetensors.ts'
import type { SafeTensors } from '../safetensors.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What is saved: JSON, and tensors by name. */
export interface Saved {
  readonly json: unknown
  readonly tensors: SafeTensors['tensors']
}

/** Where it went. */
export interface SavedFiles {
  readonly json: string
  readonly tensors: string
}

const files = (path: string): SavedFiles => ({ json: `${path}.json`, tensors: `${path}.safetensors` })
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** Are Node's modules there? A bundler for pages may put empty ones in their place. */
export const hasFiles = (): boolean => [createHash, randomUUID, mkdir, open, readFile, rename, rm, basename, dirname].every((f: unknown) => typeof f === 'function')

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const reason = (e: unknown): string => (e instanceof Error ? e.message : String(e))

const toDisk = (file: string, bytes: Uint8Array): Promise<string> =>
  mkdir(dirname(file), { recursive: true }).then(async () => {
    const temporary = `${file}.${randomUUID()}.tmp`
    const handle = await open(temporary, 'wx')
    await handle
      .writeFile(bytes)
      .then(() => handle.sync())
      .finally(() => handle.close())
      .catch(async (e: unknown) => {
        await rm(temporary, { force: true })
        return Promise.reject(e)
      })
    return temporary
  })

/**
 * Writes `<path>.safetensors` and `<path>.json`: both are written in full under
 * temporary names, then renamed. `json` must survive JSON.
 *
 * Errors: `NotJson`, `CannotWrite`, and those of the tensors' encoding.
 */
export const writeSaved =
  (path: string) =>
  ({ json, tensors }: Saved): TaskEither<GelatoError, SavedFiles> => {
    const to = files(path)
    return pipe(
      TE.Do,
      TE.apS('bytes', toTask(encode({ tensors, metadata: { format: formatName, version: String(formatVersion) } }))),
      TE.apS(
        'content',
        TE.fromEither(
          E.tryCatch(
            () => JSON.stringify(json) ?? 'null',
            (e) => gelatoError('NotJson', [to.json], reason(e), 'a value that survives JSON', 'save plain data only')
          )
        )
      ),
      TE.chain(({ bytes, content }) => {
        const head = {
          format: formatName,
          version: formatVersion,
          tensors: { file: basename(to.tensors), bytes: bytes.length, sha256: sha256(bytes) },
          sha256: sha256(content),
          content: JSON.parse(content) as unknown
        }
        return TE.tryCatch(
          async () => {
            const text = new TextEncoder().encode(`${JSON.stringify(head, null, 1)}\n`)
            const temporary = [await toDisk(to.tensors, bytes), await toDisk(to.json, text)] as const
            await rename(temporary[0], to.tensors)
            await rename(temporary[1], to.json)
            return to
          },
          (e) => gelatoError('CannotWrite', [path], reason(e), 'a folder that can be written', 'check the path, the rights and the space left')
        )
      })
    )
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const read = (file: string): TaskEither<GelatoError, Uint8Array> =>
  TE.tryCatch(
    () => readFile(file),
    (e) => gelatoError('CannotRead', [file], reason(e), 'a file that can be read', 'check the path: it is given without .json or .safetensors')
  )

interface Head {
  readonly content: unknown
  readonly bytes: number
  readonly sha256: string
}

const parseHead =
  (file: string) =>
  (raw: Uint8Array): Either<GelatoErrors, Head> => {
    const bad = (got: string, need: string) => fail('CorruptFile', [file], got, need, 'the file was cut or altered: save again, or take another copy')
    const parsed = E.tryCatch(() => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw)) as unknown, reason)
    if (E.isLeft(parsed)) return bad(parsed.left, 'JSON')
    const x = parsed.right
    if (!isEnvelope(x)) return bad('JSON that Gelato did not write', `an object with format '${formatName}'`)
    const version = checkVersion(file, x)
    if (E.isLeft(version)) return version
    const t = x['tensors']
    if (!isRecord(t) || typeof t['bytes'] !== 'number' || typeof t['sha256'] !== 'string') return bad('no record of the tensor file', 'its length and SHA-256')
    if (sha256(JSON.stringify(x['content'])) !== x['sha256']) return bad('content with another SHA-256', 'the content as it was saved')
    return E.right({ content: x['content'], bytes: t['bytes'], sha256: t['sha256'] })
  }

const checkTensors =
  (file: string, head: Head) =>
  (bytes: Uint8Array): Either<GelatoErrors, SafeTensors> => {
    const bad = (got: string, need: string) => fail('CorruptFile', [file], got, need, 'the file was cut or altered, or belongs to another save: save again, or take another copy')
    return bytes.length !== head.bytes
      ? bad(`${bytes.length} bytes`, `${head.bytes} bytes, as its JSON file says`)
      : sha256(bytes) !== head.sha256
        ? bad('another SHA-256 than its JSON file says', head.sha256)
        : decode(file)(bytes)
  }

/**
 * Reads what `writeSaved` wrote.
 *
 * Errors: `CannotRead`, `CorruptFile`, `UnknownVersion`, `CorruptSafetensors`, each
 * with the file at fault.
 */
export const readSaved = (path: string): TaskEither<GelatoError, Saved> => {
  const from = files(path)
  return pipe(
    read(from.json),
    TE.chain((raw) => toTask(parseHead(from.json)(raw))),
    TE.chain((head) =>
      pipe(
        read(from.tensors),
        TE.chain((bytes) => toTask(checkTensors(from.tensors, head)(bytes))),
        TE.map(({ tensors }) => ({ json: head.content, tensors }))
      )
    )
  )
}
