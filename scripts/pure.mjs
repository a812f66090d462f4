// Marks what a module computes when it is read as free of effects, so that the bundler of whoever
// uses the package can drop what is not used: one file holds many modules here, and a bundler
// can't tell by itself that a call in it does nothing but give a value.
import { parseAst } from 'rolldown/parseAst'

/** Expressions that bundlers see through: values, functions, and lists and records of them. */
const plain = (e) =>
  e === null || e === undefined || /^(Literal|Identifier|ArrowFunctionExpression|FunctionExpression)$/.test(e.type)
  || (e.type === 'TemplateLiteral' && e.expressions.length === 0)
  || (e.type === 'UnaryExpression' && plain(e.argument))
  || (e.type === 'ArrayExpression' && e.elements.every((x) => x?.type !== 'SpreadElement' && plain(x)))
  || (e.type === 'ObjectExpression' && e.properties.every((p) => p.type === 'Property' && !p.computed && plain(p.value)))

const lazily = (text) => `/* @__PURE__ */(()=>(${text}))()`

/** Parts of `{ a, b: c } = value` one by one; undefined where the pattern has more to it. */
const parts = (pattern) =>
  pattern.properties.every((p) => p.type === 'Property' && !p.computed && p.key.type === 'Identifier' && p.value.type === 'Identifier')
    ? pattern.properties.map((p) => [p.value.name, p.key.name])
    : undefined

/** A module whose constants are marked, each by itself. For code whose modules have no effects. */
export const pure = (code) => {
  const edits = []
  let fresh = 0
  for (const statement of parseAst(code).body) {
    for (const d of statement.type === 'VariableDeclaration' ? statement.declarations : []) {
      if (d.id.type === 'Identifier' && plain(d.init)) continue
      const text = lazily(code.slice(d.init.start, d.init.end))
      const taken = d.id.type === 'ObjectPattern' ? parts(d.id) : undefined
      const whole = `__parts${fresh}`
      if (taken !== undefined) fresh++
      edits.push(taken === undefined
        ? [d.init.start, d.init.end, text]
        : [d.start, d.end, [`${whole}=${text}`, ...taken.map(([name, key]) => `${name}=${lazily(`${whole}.${key}`)}`)].join(',')])
    }
  }
  let out = '', at = 0
  for (const [start, end, text] of edits) {
    out += code.slice(at, start) + text
    at = end
  }
  return out + code.slice(at)
}
