// The library as a browser has it. The modules that touch Node are the only ones that differ: there
// they are modules whose import fails, which the library answers with `NoFileSystem` (files) or never
// reaches (the device: a browser has `navigator.gpu`). And fp-ts is taken in its form of ES modules,
// of which a bundler keeps what is used; Node can only load the other.
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** Files of src that touch Node, by their paths there. */
export const touchesNode = (file) => file === 'gpu/node.ts' || /^(data\/node|io\/node|cli)\//.test(file)

/** A plugin for Vite (and Rollup): what touches Node fails when it is imported. */
export const browserOnly = (root) => ({
  name: 'gelato-browser',
  enforce: 'pre',
  resolveId: (id) => {
    const [, name] = /^fp-ts\/lib\/(\w+)\.js$/.exec(id) ?? []
    return name === undefined ? null : join(dirname(createRequire(join(root, 'package.json')).resolve('fp-ts/package.json')), 'es6', `${name}.js`)
  },
  load: (id) =>
    touchesNode(relative(`${root}/src`, id.split('?')[0]).replaceAll('\\', '/'))
      ? "throw new Error('there is no Node.js here')\nexport {}"
      : null
})
