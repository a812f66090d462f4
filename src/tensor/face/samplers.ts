/**
 * Random numbers of distributions that need more than uniforms and normals: the public, data-last functions.
 *
 * @since 0.2.0
 */
export {}
