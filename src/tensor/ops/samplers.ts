/**
 * Random numbers of distributions that need more than uniforms and normals: rows of the op table.
 *
 * @since 0.2.0
 */
import type { Row } from '../table.ts'

export const samplers: Record<never, Row> = {}
