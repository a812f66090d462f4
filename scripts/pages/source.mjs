// Which file holds the row of a family.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The path of the file, from the root of the repository. */
export const sourceOf = (root, name) => {
  const folder = 'src/dist/families'
  const file = readdirSync(join(root, folder)).sort().find((f) => new RegExp(`^export const ${name} = `, 'm').test(readFileSync(join(root, folder, f), 'utf8')))
  if (file === undefined) throw new Error(`no file of ${folder} has ${name}`)
  return `${folder}/${file}`
}
