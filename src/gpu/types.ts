/**
 * What the world sees of a device and of a program on it: opaque values, with the limits
 * as plain data. No
 * GPU* type is named here, so the public declarations need no DOM library.
 */
import type { Program, Target } from '../compile/program.ts'

/** How to find a device. All parts optional; the default is the system's fastest adapter. */
export interface GpuOptions {
  /** Part of an adapter's name, such as `llvmpipe` (Node only). */
  readonly adapter?: string
  /** Options passed to Dawn as they are, such as `enable-dawn-features=...` (Node only). */
  readonly dawn?: readonly string[]
  /** Gives the WebGPU entry object (`navigator.gpu` in a browser); default: the browser's own, else Dawn. */
  readonly provider?: () => object | Promise<object>
  /** Asks for `timestamp-query` with exact clocks, which a profile needs. Default false. */
  readonly timestamps?: boolean
}

/** What an adapter says of itself; part of a result's provenance. */
export interface AdapterInfo {
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
}

/** An open device. Pass it as `gpu` to run somewhere else than on the shared one. */
export interface Device {
  readonly _tag: 'Device'
  readonly target: Target
  readonly info: AdapterInfo
  /** Those of `subgroups`, `shader-f16` and (where it was asked for) `timestamp-query` that the device has. */
  readonly features: readonly string[]
  /** Buffers allocated now, by all instances. */
  readonly liveBuffers: number
  /** Their bytes. */
  readonly liveBytes: number
}

/** What a slot's contents are on the host, by its storage: bool comes as 0 or 1 in u32. */
export type HostArray = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/** A Program with its buffers on a device. Opaque: use `write`, `read`, `runSteps`, `destroy`. */
export interface Instance {
  readonly _tag: 'Instance'
  readonly program: Program
  readonly device: Device
  /** Steps done so far, counted from `firstStep`: what ring records are placed by. */
  readonly step: number
  readonly destroyed: boolean
}

/** Options of `instantiate`. */
export interface InstanceOptions {
  /** The absolute number of the first step: record i of step s lies at ring row s mod capacity. Default 0. */
  readonly firstStep?: number
}
