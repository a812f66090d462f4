/**
 * Sorting, cumulative sums, diagonals and searching: the public, data-last functions.
 *
 * @since 0.2.0
 */
export {}
