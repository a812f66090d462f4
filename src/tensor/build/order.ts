/**
 * Sorting, cumulative sums, diagonals and searching: constructors with the data first.
 *
 * @since 0.2.0
 */
export {}
