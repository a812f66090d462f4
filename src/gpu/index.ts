/** The imperative room: devices, instances of programs, the run loop. */
export type { AdapterInfo, Device, GpuOptions, HostArray, Instance, InstanceOptions } from './types.ts'
export { close, isOpen, open, releaseShared, sharedDevice, using, withDevice } from './device.ts'
export { destroy, instantiate, read, withInstance, write } from './instance.ts'
export type { RunOptions, RunReport } from './loop.ts'
export { runSteps } from './loop.ts'
export type { Timed } from './profile.ts'
export { timeSteps } from './profile.ts'
