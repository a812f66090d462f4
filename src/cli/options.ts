/**
 * The command line as a pure function: arguments to a command, or every error at
 * once. Commander knows the options and writes the help; values are checked here.
 *
 * Law: parsing is total and prints nothing.
 */
import { Command, CommanderError, Option } from 'commander'
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail, gelatoError, didYouMean } from '../error.ts'
import type { GelatoErrors } from '../error.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What `gelato mnist` is asked to do. */
export interface MnistOptions {
  readonly steps: number
  readonly batchSize: number
  readonly samples: number
  readonly learningRate: number
  readonly seed: number
  readonly raw: boolean
  readonly out: string
  readonly adapter: string | undefined
  readonly json: boolean
}

/** What `gelato profile` is asked to do. */
export interface ProfileOptions {
  readonly batchSize: number
  readonly samples: number
  readonly repeats: number
  readonly dispatches: boolean
  readonly listing: boolean
  readonly wgsl: boolean
  readonly adapter: string | undefined
  readonly json: boolean
}

/** What the command line says. */
export type Cli =
  | { readonly _tag: 'Mnist'; readonly options: MnistOptions }
  | { readonly _tag: 'Profile'; readonly options: ProfileOptions }
  | { readonly _tag: 'Text'; readonly text: string }
  | { readonly _tag: 'Version' }

/** What `gelato mnist` does when nothing is said. */
export const mnistDefaults: MnistOptions = {
  steps: 1200,
  batchSize: 100,
  samples: 20,
  learningRate: 2e-3,
  seed: 0,
  raw: false,
  out: 'mnist-out',
  adapter: undefined,
  json: false
}

/** What `gelato profile` does when nothing is said. */
export const profileDefaults: ProfileOptions = {
  batchSize: 100,
  samples: 1,
  repeats: 9,
  dispatches: false,
  listing: false,
  wgsl: false,
  adapter: undefined,
  json: false
}

// -----------------------------------------------------------------------------
// the commands
// -----------------------------------------------------------------------------

const quiet = (c: Command): Command => c.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined })

const option = (flags: string, text: string, value?: number | string): Option => {
  const o = new Option(flags, text)
  return value === undefined ? o : o.default(String(value), String(value))
}

const profileCommand = (): Command => {
  const d = profileDefaults
  return quiet(new Command('profile'))
    .description("Times every kernel of one training step of the network that `mnist` learns, on random images, by the device's clock.")
    .usage('[options]')
    .addOption(option('--batch-size <n>', 'images a step', d.batchSize))
    .addOption(option('--samples <n>', 'draws of the weights a step', d.samples))
    .addOption(option('--repeats <n>', 'timed steps, of which the median counts', d.repeats))
    .addOption(option('--dispatches', 'one line a dispatch, not one a kernel (default: false)'))
    .addOption(option('--listing', 'the compiled step before it: dispatches, buffers, bytes (default: false)'))
    .addOption(option('--wgsl', 'the listing with the WGSL of every kernel (default: false)'))
    .addOption(option('--adapter <name>', 'graphics adapter whose name holds this (default: the first that works)'))
    .addOption(option('--json', 'the profile as JSON on standard output, nothing else (default: false)'))
    .helpOption('-h, --help', 'show this help')
}

const mnistCommand = (): Command => {
  const d = mnistDefaults
  return quiet(new Command('mnist'))
    .description('Learns MNIST with a Bayesian convolutional network, then writes tables and figures.')
    .usage('[options]')
    .addOption(option('--steps <n>', 'training steps', d.steps))
    .addOption(option('--batch-size <n>', 'images a step', d.batchSize))
    .addOption(option('--samples <n>', 'posterior draws for prediction', d.samples))
    .addOption(option('--learning-rate <x>', "Adam's first step size; it falls to a fifth of it", d.learningRate))
    .addOption(option('--seed <n>', 'seed of everything random: start, batches, noise, draws', d.seed))
    .addOption(option('--raw', 'pixels 0 to 255 as in the notebook, not 0 to 1 (default: false)'))
    .addOption(option('--out <folder>', 'where figures and the page go', d.out))
    .addOption(option('--adapter <name>', 'graphics adapter whose name holds this (default: the first that works)'))
    .addOption(option('--json', 'end with one line of JSON on standard output (default: false)'))
    .helpOption('-h, --help', 'show this help')
}

const program = (): Command =>
  quiet(new Command('gelato'))
    .description('Bayesian deep learning on WebGPU.')
    .usage('<command> [options]')
    .option('-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addCommand(mnistCommand())
    .addCommand(profileCommand())
    .helpCommand(false)

const helpOf = (c: Command): string => c.helpInformation().trimEnd()

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

const flag = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`

const numberOf = (text: string): number => (/^\s*$/.test(text) ? NaN : Number(text.replace(/(?<=\d)_(?=\d)/g, '')))

const whole =
  (key: string, low: number, high: number, example: number) =>
  (text: string): Either<GelatoErrors, number> => {
    const x = numberOf(text)
    return Number.isInteger(x) && x >= low && x <= high
      ? E.right(x)
      : fail('BadOption', [flag(key)], `'${text}'`, `a whole number from ${low} to ${high}`, `for example ${flag(key)} ${example}`)
  }

const positive =
  (key: string, high: number, example: number) =>
  (text: string): Either<GelatoErrors, number> => {
    const x = numberOf(text)
    return x > 0 && x <= high
      ? E.right(x)
      : fail('BadOption', [flag(key)], `'${text}'`, `a number above 0 and at most ${high}`, `for example ${flag(key)} ${example}`)
  }

const text =
  (key: string) =>
  (s: string): Either<GelatoErrors, string> =>
    s.trim().length > 0 ? E.right(s) : fail('BadOption', [flag(key)], 'nothing', 'a name', `leave ${flag(key)} out for the default`)

type Given = Readonly<Record<string, string | boolean | undefined>>

const mnistOptions = (given: Given): Either<GelatoErrors, MnistOptions> => {
  const s = (key: keyof MnistOptions): string => String(given[key])
  const d = mnistDefaults
  const steps = whole('steps', 1, 100_000_000, d.steps)(s('steps'))
  const batchSize = whole('batchSize', 1, 60_000, d.batchSize)(s('batchSize'))
  const samples = whole('samples', 1, 100_000, d.samples)(s('samples'))
  const learningRate = positive('learningRate', 10, d.learningRate)(s('learningRate'))
  const seed = whole('seed', 0, 0xffffffff, d.seed)(s('seed'))
  const out = text('out')(s('out'))
  const adapter: Either<GelatoErrors, string | undefined> = given['adapter'] === undefined ? E.right(undefined) : text('adapter')(s('adapter'))
  return pipe(
    all<unknown>([steps, batchSize, samples, learningRate, seed, out, adapter]),
    E.chain(() =>
      pipe(
        E.Do,
        E.apS('steps', steps),
        E.apS('batchSize', batchSize),
        E.apS('samples', samples),
        E.apS('learningRate', learningRate),
        E.apS('seed', seed),
        E.apS('out', out),
        E.apS('adapter', adapter)
      )
    ),
    E.map((o) => ({ ...o, raw: given['raw'] === true, json: given['json'] === true }))
  )
}

// -----------------------------------------------------------------------------
// parsing
// -----------------------------------------------------------------------------

const unknown = (what: string, word: string, known: readonly string[], help: string): GelatoErrors => [
  gelatoError(what, [word], `'${word}'`, `one of ${known.join(', ')}`, `${didYouMean(word, known)} (${help} tells them all)`)
]

const profileOptions = (given: Given): Either<GelatoErrors, ProfileOptions> => {
  const d = profileDefaults
  const s = (key: keyof ProfileOptions): string => String(given[key])
  const batchSize = whole('batchSize', 1, 60_000, d.batchSize)(s('batchSize'))
  const samples = whole('samples', 1, 1_000, d.samples)(s('samples'))
  const repeats = whole('repeats', 1, 10_000, d.repeats)(s('repeats'))
  const adapter: Either<GelatoErrors, string | undefined> = given['adapter'] === undefined ? E.right(undefined) : text('adapter')(s('adapter'))
  return pipe(
    all<unknown>([batchSize, samples, repeats, adapter]),
    E.chain(() => pipe(E.Do, E.apS('batchSize', batchSize), E.apS('samples', samples), E.apS('repeats', repeats), E.apS('adapter', adapter))),
    E.map((o) => ({ ...o, dispatches: given['dispatches'] === true, listing: given['listing'] === true, wgsl: given['wgsl'] === true, json: given['json'] === true }))
  )
}

/** A command's options from its arguments, or its help. */
const parseCommand = (command: Command, args: readonly string[], build: (given: Given) => Either<GelatoErrors, Cli>): Either<GelatoErrors, Cli> => {
  const name = `gelato ${command.name()}`
  command.name(name)
  const help = `${name} --help`
  if (args.includes('--help') || args.includes('-h')) return E.right({ _tag: 'Text', text: helpOf(command) })
  const flags = [...command.options.map((o) => o.long ?? o.flags), '--help']
  return pipe(
    E.tryCatch(
      () => command.parseOptions([...args]),
      (e): GelatoErrors => [
        gelatoError(
          'BadOption',
          [name],
          e instanceof CommanderError ? e.message.replace(/^error: /, '') : String(e),
          'a value after the option',
          help
        )
      ]
    ),
    E.chain(({ operands, unknown: rest }) => {
      const strange = rest.filter((a) => a.startsWith('-')).map((a) => a.split('=')[0])
      if (strange.length > 0) return E.left(strange.flatMap((a) => unknown('UnknownOption', a, flags, help)) as unknown as GelatoErrors)
      const stray = [...operands, ...rest]
      if (stray.length > 0)
        return fail('BadOption', [name], `'${stray.join(' ')}'`, 'options only', `options start with --: ${flags.join(', ')}`)
      return build(command.opts())
    })
  )
}

/**
 * Reads the arguments after the program's name.
 *
 * Errors: `UnknownCommand`, `UnknownOption`, each with the nearest name; `BadOption`.
 *
 * @example
 * parseArguments(['mnist', '--steps', '500'])
 */
export const parseArguments = (args: readonly string[]): Either<GelatoErrors, Cli> => {
  const [command, ...rest] = args
  return command === undefined || command === '--help' || command === '-h' || command === 'help'
    ? E.right({ _tag: 'Text', text: `${helpOf(program())}\n\nOptions of a command: gelato mnist --help, gelato profile --help` })
    : command === '--version' || command === '-V'
      ? E.right({ _tag: 'Version' })
      : command === 'mnist'
        ? parseCommand(mnistCommand(), rest, (given) => pipe(mnistOptions(given), E.map((options): Cli => ({ _tag: 'Mnist', options }))))
        : command === 'profile'
          ? parseCommand(profileCommand(), rest, (given) => pipe(profileOptions(given), E.map((options): Cli => ({ _tag: 'Profile', options }))))
          : E.left(
              command.startsWith('-')
                ? unknown('UnknownOption', command, ['--help', '--version', 'mnist', 'profile'], 'gelato --help')
                : unknown('UnknownCommand', command, ['mnist', 'profile'], 'gelato --help')
            )
}
