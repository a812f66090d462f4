/**
 * Linear algebra over any leading batch axes: the public, data-last functions.
 *
 * @since 0.2.0
 */
export {}
