/**
 * What was measured on an adapter, by question: with the device, and under Node in a file of
 * the user's cache directory, so that the next process needs not measure again. The file is
 * a cache: one that can't be read is as good as none, one that can't be written is let be.
 */
import type { Choices } from '../compile/plan.ts'
import { inNode } from './host.ts'
import { sessionOf } from './session.ts'
import type { Session } from './session.ts'
import type { Device } from './types.ts'

/** Grows when variants or questions change their meaning: older files are then of no use. */
const version = 2

const adapterOf = ({ info }: Session): string => [info.vendor, info.architecture, info.device, info.description].join('|')

const isChoices = (x: unknown): x is Choices => typeof x === 'object' && x !== null && Object.values(x).every((v) => typeof v === 'string')

const parsed = (text: string | undefined): Choices => {
  try {
    const found = JSON.parse(text ?? '') as { readonly version?: unknown; readonly choices?: unknown }
    return found.version === version && isChoices(found.choices) ? found.choices : {}
  } catch {
    return {}
  }
}

const load = async (session: Session): Promise<Choices> => (inNode() ? parsed(await (await import('./node.ts')).readCache(adapterOf(session))) : {})

/** The variants known to be fastest on a device's adapter, by question. */
export const choicesOf = async (device: Device): Promise<Choices> => {
  const session = sessionOf(device)
  session.measured.choices ??= await load(session)
  return session.measured.choices
}

/** Adds to what is known of a device's adapter. */
export const keepChoices = async (device: Device, more: Choices): Promise<void> => {
  const session = sessionOf(device)
  session.measured.choices = { ...session.measured.choices, ...more }
  // Another process may have written since: what it found stays.
  if (inNode()) await (await import('./node.ts')).writeCache(adapterOf(session), JSON.stringify({ version, adapter: adapterOf(session), choices: { ...(await load(session)), ...session.measured.choices } }, null, 1))
}
