/**
 * A Program as text: one line a dispatch, then the slots and totals. For people who ask
 * where the time or the memory goes.
 *
 * Law: total; equal programs give equal texts.
 */
import { deviceBytes, dispatches } from './program.ts'
import type { Instruction, Program } from './program.ts'

const MARK: Readonly<Record<string, string>> = { input: 'in', constant: 'const', state: 'state', output: 'out', ring: 'ring', temp: 'temp', arena: 'arena' }

/** Bytes in words: `12.3 MiB`. */
export const bytesText = (n: number): string =>
  n < 1024 ? `${n} B` : n < 1024 ** 2 ? `${(n / 1024).toFixed(1)} KiB` : n < 1024 ** 3 ? `${(n / 1024 ** 2).toFixed(1)} MiB` : `${(n / 1024 ** 3).toFixed(2)} GiB`

/** Columns to the left, each as wide as its widest cell. */
export const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((r) => r[k].length)))
  return rows.map((r) => r.map((c, k) => c.padEnd(widths[k])).join('  ').trimEnd())
}

/** `12:temp` and, where only a part is bound, `12:temp[256+1024]`; `>` before what is written. */
const slotText = (p: Program, id: number, written: boolean, range: readonly [number, number] | undefined): string =>
  `${written ? '>' : ''}${id}:${p.slots[id]?.name ?? MARK[p.slots[id]?.role ?? ''] ?? '?'}${range === undefined ? '' : `[${range[0]}+${range[1]}]`}`

const rowsOf = (p: Program, body: readonly Instruction[], indent: string, first: number): { readonly rows: readonly (readonly string[])[]; readonly next: number } => {
  const rows: (readonly string[])[] = []
  let n = first
  for (const i of body) {
    if (i._tag === 'Dispatch')
      rows.push([
        `${indent}${n++}`, i.label, `k${i.kernel}`, i.grid.join(' x '), bytesText(i.bytes), (i.flops / 1e6).toFixed(3),
        i.slots.map((id, k) => slotText(p, id, p.kernels[i.kernel]?.bindings[k] === 'write', i.ranges?.[k])).join(' ')
      ])
    else if (i._tag === 'Copy') rows.push([`${indent}-`, 'copy', '', '', bytesText(Math.min(p.slots[i.from]?.bytes ?? 0, p.slots[i.to]?.bytes ?? 0)), '', `${slotText(p, i.from, false, undefined)} ${slotText(p, i.to, true, undefined)}`])
    else {
      rows.push([`${indent}-`, `loop ${i.n} times`, '', '', '', '', ''])
      const inner = rowsOf(p, i.body, `${indent}  `, n)
      rows.push(...inner.rows)
      n = inner.next
    }
  }
  return { rows, next: n }
}

/**
 * The program as a readable table: number, label, kernel, grid, bytes of its buffers,
 * MFLOP, slots (`>` marks those written); then slots and totals, each loop counted
 * once. With `wgsl`, every kernel's text.
 */
export const listing = (program: Program, options: { readonly wgsl?: boolean } = {}): string => {
  const all = dispatches(program.body)
  const roles = [...new Set(program.slots.filter((s) => s.within === undefined).map((s) => s.role))].map((r) => {
    const of = program.slots.filter((s) => s.role === r && s.within === undefined)
    return `${of.length} ${r} ${bytesText(of.reduce((n, s) => n + s.bytes, 0))}`
  })
  return [
    ...table([['#', 'label', 'kernel', 'grid', 'bytes', 'MFLOP', 'slots'], ...rowsOf(program, program.body, '', 0).rows]),
    '',
    ...table([['slot', 'role', 'storage', 'shape', 'bytes', 'name'], ...program.slots.map((s) => [String(s.id), s.role + (s.zeroed === true ? ' (zeros)' : ''), s.storage, `[${s.shape.join(', ')}]`, bytesText(s.bytes), (s.name ?? '') + (s.within === undefined ? '' : ` (in ${s.within.slot} at ${s.within.at})`)])]),
    '',
    `${all.length} dispatches, ${program.kernels.length} kernels, ${(all.reduce((n, d) => n + d.flops, 0) / 1e6).toFixed(3)} MFLOP, ${bytesText(all.reduce((n, d) => n + d.bytes, 0))} bound, ${bytesText(deviceBytes(program))} held: ${roles.join(', ')}`,
    ...(program.record.length === 0 ? [] : [`records: ${program.record.join(', ')}`]),
    ...(options.wgsl === true ? program.kernels.flatMap((k, i) => ['', `// k${i} ${k.label}`, k.wgsl]) : [])
  ].join('\n')
}
