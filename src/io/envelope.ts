/**
 * The JSON file of what is saved: an envelope that says who wrote it, what its two parts
 * are (`io/node/files.ts` checks their lengths and digests), and the content. Apart from
 * Node, since a page that fetches the file has it as a value, and reads it as that.
 *
 * Law: what is no envelope is content.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'

export const formatName = 'gelato-gpu'
export const formatVersion = 1

export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x)

export const isEnvelope = (x: unknown): x is Readonly<Record<string, unknown>> => isRecord(x) && x['format'] === formatName && 'content' in x

/** Right for an envelope of this version. */
export const checkVersion = (where: string, envelope: Readonly<Record<string, unknown>>): Either<GelatoErrors, void> =>
  envelope['version'] === formatVersion ? E.right(undefined)
    : fail('UnknownVersion', [where], `version ${String(envelope['version'])}`, `version ${formatVersion}`, 'read it with the version of gelato-gpu that wrote it')

/** What an envelope holds; content itself is given as it is. */
export const contentOf = (where: string, json: unknown): Either<GelatoErrors, unknown> =>
  isEnvelope(json) ? pipe(checkVersion(where, json), E.map(() => json['content'])) : E.right(json)
