import type { FitOptions } from '../../src/index.ts'
import type * as Gelato from '../../src/index.ts'
export declare const net: (g: typeof Gelato) => Gelato.Model.Model
export declare const images: (n: number) => { readonly x: { readonly dtype: 'u8'; readonly shape: readonly number[]; readonly data: Uint8Array }; readonly y: readonly number[] }
export declare const plan: (g: typeof Gelato) => Pick<FitOptions, 'batchSize' | 'seed' | 'samples' | 'optimizer'>
