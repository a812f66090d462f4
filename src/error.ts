/**
 * The one error shape of Gelato. Every failure that reaches a user is a value of
 * this form: what kind it is, where in the user's own model it arose, what was
 * found, what would have been right and how to mend it.
 *
 * Laws: errors are plain data (they survive JSON); nothing is thrown across the
 * public surface; independent errors accumulate, each once per origin.
 */
import { E, NEA, TE, pipe } from './fp.ts'
import type { Either, NonEmptyArray, TaskEither } from './fp.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A failure as data. */
export interface GelatoError {
  /** The kind, PascalCase: `ShapeMismatch`, `UnknownOption`, `NoAdapter`, ... */
  readonly _tag: string
  /** The way through the user's own layers, specs or options, outermost first. */
  readonly path: readonly string[]
  /** What was found, rendered. */
  readonly got: string
  /** The rule that was broken. */
  readonly need: string
  /** What to change. */
  readonly hint: string
  /** Further errors of the same call, where a channel carries one; absent when there are none. */
  readonly also?: readonly GelatoError[]
}

/** Errors of a computation that can collect several. */
export type GelatoErrors = NonEmptyArray<GelatoError>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Makes an error value.
 *
 * @example
 * const e = gelatoError('EmptyDataset', ['data'], '0 rows', 'at least one row', 'check the file that was loaded')
 */
export const gelatoError = (
  _tag: string,
  path: readonly string[],
  got: string,
  need: string,
  hint: string
): GelatoError => ({ _tag, path, got, need, hint })

/** The same error, one step further out in the user's model. */
export const within =
  (step: string) =>
  (e: GelatoError): GelatoError => ({ ...e, path: [step, ...e.path] })

/** Left with one error. */
export const fail = (
  _tag: string,
  path: readonly string[],
  got: string,
  need: string,
  hint: string
): Either<GelatoErrors, never> => E.left(NEA.of(gelatoError(_tag, path, got, need, hint)))

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The union of several error lists, each error object once (by reference, its origin). */
export const union = (all: readonly GelatoErrors[]): GelatoErrors => {
  const seen = new Set<GelatoError>()
  for (const es of all) for (const e of es) seen.add(e)
  return [...seen] as unknown as GelatoErrors
}

/** All Rights, or every Left's errors together. */
export const all = <A>(xs: readonly Either<GelatoErrors, A>[]): Either<GelatoErrors, readonly A[]> => {
  const lefts = xs.filter(E.isLeft).map((l) => l.left)
  return lefts.length > 0 ? E.left(union(lefts)) : E.right(xs.map((x) => (x as { right: A }).right))
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** One error as text: kind, place, what was found, the rule, the fix; then so the others that came with it. */
export const render = (e: GelatoError): string =>
  [
    `${e._tag}${e.path.length > 0 ? ` at ${e.path.join(' > ')}` : ''}`,
    `  got:  ${e.got}`,
    `  need: ${e.need}`,
    `  fix:  ${e.hint}`,
    ...(e.also ?? []).map(render)
  ].join('\n')

/** Several errors as text, one block each. */
export const renderAll = (es: readonly GelatoError[]): string => es.map(render).join('\n')

/** Several errors as one, for channels that carry one: the first, with the others under `also`; what reads the same is said once. */
export const merge = (es: GelatoErrors): GelatoError => {
  const [first, ...also] = new Map(es.map((e) => [render(e), e])).values()
  return also.length === 0 ? first : { ...first, also: [...(first.also ?? []), ...also] }
}

/** A foreign value as short text: texts in quotes, functions and large values in a few words. */
export const shown = (x: unknown): string => {
  if (typeof x === 'function') return 'a function'
  if (typeof x === 'symbol' || typeof x === 'bigint' || typeof x === 'number') return String(x)
  if (typeof x === 'string') return x.length > 60 ? `'${x.slice(0, 57)}...'` : `'${x}'`
  const tag = typeof x === 'object' && x !== null ? (x as { readonly _tag?: unknown })._tag : undefined
  if (typeof tag === 'string') return `a value of the kind ${tag}`
  if (ArrayBuffer.isView(x)) return `a ${x.constructor.name} of ${String((x as { readonly length?: number }).length ?? x.byteLength)}`
  try {
    const s = JSON.stringify(x, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v))
    return s === undefined ? 'nothing' : s.length > 60 ? `${s.slice(0, 57)}...` : s
  } catch {
    return typeof x
  }
}

/** The name nearest to `word` by edit distance, where no more than half of the word is to be changed. */
export const nearest = (word: string, names: readonly string[]): string | undefined => {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j)
    for (let i = 1; i <= a.length; i++) {
      const next = [i]
      for (let j = 1; j <= b.length; j++)
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1].toLowerCase() === b[j - 1].toLowerCase() ? 0 : 1))
      row = next
    }
    return row[b.length]
  }
  const [best] = names.map((n) => [distance(String(word), n), n] as const).sort((a, b) => a[0] - b[0])
  return best !== undefined && best[0] <= String(word).length / 2 ? best[1] : undefined
}

/** The hint for a name that isn't there: the nearest one, or that none is near. */
export const didYouMean = (word: string, names: readonly string[]): string => {
  const near = nearest(word, names)
  return near !== undefined ? `did you mean '${near}'?` : names.length === 0 ? 'leave it out' : names.length === 1 ? `take '${names[0]}'` : 'take one of these'
}

const optionHint = (word: string, known: readonly string[]): string =>
  word !== 'lr' && word !== 'learningRate' ? didYouMean(word, known)
  : known.includes('learningRate') ? "did you mean 'learningRate'?"
  : 'learning rates belong to the optimiser: { optimizer: Optimizer.adam({ learningRate: 0.01 }) }'

/** Left for the first option that is not among `known`, naming the nearest. */
export const knownOptions =
  (path: readonly string[], known: readonly string[]) =>
  (given: object): Either<GelatoErrors, void> => {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return fail('BadOption', path, shown(given), `a record of options: ${known.join(', ')}`, `leave the options out, or give { ${known[0] ?? ''}: ... }`)
    const bad = Object.keys(given).filter((k) => !known.includes(k))
    return bad.length === 0
      ? E.right(undefined)
      : E.left(
          bad.map((k) =>
            gelatoError(
              'UnknownOption',
              [...path, k],
              `option '${k}'`,
              known.length === 0 ? 'no options' : `one of ${known.join(', ')}`,
              optionHint(k, known)
            )
          ) as unknown as GelatoErrors
        )
  }

/** What is thrown for an error value: an `Error` whose message is the rendered value and whose `cause` is the value. */
export const asError = (e: GelatoError): Error => Object.assign(new Error(render(e)), { name: e._tag, cause: e })

/**
 * Runs a TaskEither, or takes an Either, and gives a Promise: resolves with the Right, rejects with an
 * `Error` whose message is the rendered error and whose `cause` is the error value.
 */
export const orThrow = <A>(x: TaskEither<GelatoError, A> | Either<GelatoErrors, A>): Promise<A> =>
  (typeof x === 'function' ? x : toTask(x))().then((r) =>
    E.isRight(r) ? r.right : Promise.reject(asError(r.left))
  )

/**
 * Either with many errors as a TaskEither with one: what `pipe` needs between a TaskEither, as
 * `fit` gives, and an Either, as `Dataset.slice` does.
 *
 * @example
 * const some = pipe(TE.of(data), TE.chain((d) => toTask(Dataset.take(10)(d))), TE.map((d) => d.rows))
 */
export const toTask = <A>(e: Either<GelatoErrors, A>): TaskEither<GelatoError, A> =>
  pipe(TE.fromEither(e), TE.mapLeft(merge))
