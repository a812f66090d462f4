/** Calls of stages (see `stage.ts`), which carry them. */
import { inOrder } from '../operands.ts'
import type { Lower } from './call.ts'

/** A stage's own call; its operands lie in C order. */
export const staged: Lower = (t, operands) =>
  inOrder(...operands)
    ? [{
        kernel: t.attrs['kernel'] as string, knobs: JSON.parse(t.attrs['knobs'] as string) as Readonly<Record<string, number>>, deep: true,
        params: t.attrs['params'] as readonly number[], groups: t.attrs['groups'] as number, slices: t.attrs['slices'] as number,
        flops: t.attrs['flops'] as number, vector: t.attrs['vector'] as boolean
      }]
    : undefined
