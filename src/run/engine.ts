/** The engine: what is loaded when a device is first asked for. Nothing but `run/open.ts` imports it. */
export { openFitting } from './budget.ts'
export { deviceOf, openOn } from './device.ts'
export { timed } from './timed.ts'
