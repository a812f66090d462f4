/**
 * How the field is called that says which observations there are: the name that models
 * ask for and data sets give.
 *
 * @since 0.3.0
 */

/** The mask of an observation: 1 where there is a number, 0 where it is missing. */
export const maskOf = (name: string): string => `${name}.mask`
