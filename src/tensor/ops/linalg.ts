/**
 * Linear algebra over any leading batch axes: rows of the op table.
 *
 * @since 0.2.0
 */
import type { Row } from '../table.ts'

export const linalg: Record<never, Row> = {}
