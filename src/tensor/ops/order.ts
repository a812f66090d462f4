/**
 * Sorting, cumulative sums, diagonals and searching: rows of the op table.
 *
 * @since 0.2.0
 */
import type { Row } from '../table.ts'

export const order: Record<never, Row> = {}
