/**
 * Special functions: constructors with the data first.
 *
 * @since 0.2.0
 */
export {}
