#!/usr/bin/env node
/**
 * The program `gelato`. Exit codes: 0 done, 1 failed, 2 called wrongly, 130 stopped by
 * Ctrl-C (the first lets the step at hand end, the second stops at once).
 */
import { readFileSync } from 'node:fs'
import { E, pipe } from '../fp.ts'
import { render, renderAll } from '../error.ts'
import { runMnist } from './mnist.ts'
import type { MnistOptions, ProfileOptions } from './options.ts'
import { progress, terminalBar } from './progress.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

/** The version in package.json, which lies two folders above this file in a checkout and in the package. */
const version = (): string => (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version

const mnist = async (options: MnistOptions): Promise<number> => {
  const stop = new AbortController()
  const onInterrupt = (): void => {
    if (stop.signal.aborted) process.exit(130)
    complain('\nstopping after this step; again to stop at once')
    stop.abort()
  }
  process.on('SIGINT', onInterrupt)
  const { stderr } = process
  const bar = stderr.isTTY ? await terminalBar(stderr) : undefined
  const { trainMnist } = await import('./train.ts')
  const result = await runMnist(options, {
    run: trainMnist,
    progress: progress({ write: (t) => void stderr.write(t), now: () => performance.now() / 1000 }, bar),
    signal: stop.signal,
    print
  })()
  process.off('SIGINT', onInterrupt)
  return pipe(
    result,
    E.match(
      (e) => {
        complain(render(e))
        return stop.signal.aborted ? 130 : 1
      },
      () => 0
    )
  )
}

const profile = async (options: ProfileOptions): Promise<number> => {
  const { runProfile } = await import('./profile.ts')
  return pipe(
    await runProfile(options, print)(),
    E.match(
      (e) => {
        complain(render(e))
        return 1
      },
      () => 0
    )
  )
}

// Later than this file, so that a package that is missing is told in words.
const main = async (args: readonly string[]): Promise<number> => {
  const { parseArguments } = await import('./options.ts')
  return pipe(
    parseArguments(args),
    E.match(
      async (es) => {
        complain(renderAll(es))
        return 2
      },
      async (cli) => {
        if (cli._tag === 'Mnist') return mnist(cli.options)
        if (cli._tag === 'Profile') return profile(cli.options)
        print(cli._tag === 'Version' ? version() : cli.text)
        return 0
      }
    )
  )
}

/** The package that could not be found, where an error says so. */
const missing = (e: unknown): string | undefined => (e instanceof Error ? /^Cannot find package '([^']+)'/.exec(e.message)?.[1] : undefined)

process.exitCode = await main(process.argv.slice(2)).catch((e: unknown) => {
  const name = missing(e)
  if (name === undefined) throw e
  complain(`gelato needs the npm package '${name}', which is not installed: npm install ${name}`)
  return 1
})
