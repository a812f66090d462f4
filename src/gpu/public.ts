/**
 * Devices as users see them: open one of your own and pass it as `gpu`, or leave it to
 * the shared one. No GPU* type appears, so no DOM library is needed.
 *
 * @since 0.1.0
 */
export { close, isOpen, open, releaseShared, sharedDevice, withDevice } from './device.ts'
export type { AdapterInfo, Device, GpuOptions } from './types.ts'
