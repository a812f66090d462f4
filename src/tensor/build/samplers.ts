/**
 * Random numbers of distributions that need more than uniforms and normals: constructors with the data first.
 *
 * @since 0.2.0
 */
export {}
