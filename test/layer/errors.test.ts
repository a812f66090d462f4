/** Wrong networks: each error names the layer, what was found, the rule and the fix. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../src/fp.ts'
import { render } from '../../src/error.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const told = (n: Layer.Network): string => Layer.elaborate(n).problems.map(render).join('\n')
const image = Layer.input([null, 1, 8, 8], { name: 'x' })
const row = Layer.input([null, 4], { name: 'x' })

/** What a plain JavaScript caller may pass. */
const loose = <A>(x: unknown): A => x as A

describe('shapes', () => {
  it('a kernel larger than its image', () => {
    const text = told(pipe(image, Layer.conv2d({ filters: 4, size: 5 }), Layer.conv2d({ filters: 4, size: [5, 5] })))
    expect(text).toContain('ShapeMismatch at conv2d_2 > size')
    expect(text).toContain('kernel 5 x 5 on an image of 4 x 4 (input [batch, 4, 4, 4])')
    expect(text).toContain("use a smaller size, padding: 'same'")
  })
  it('a dilated kernel and its padding are told', () => {
    expect(told(pipe(image, Layer.conv2d({ filters: 1, size: 5, dilation: 3, padding: 1 })))).toContain('kernel 5 x 5 dilated to 13 x 13 on an image of 8 x 8 padded to 10 x 10')
  })
  it('a window larger than its image', () => {
    expect(told(pipe(image, Layer.maxPool2d({ size: 9 })))).toContain('window 9 x 9 on an image of 8 x 8')
  })
  it('a convolution of what is no image', () => {
    expect(told(pipe(image, Layer.flatten(), Layer.conv2d({ filters: 1, size: 1 })))).toMatch(/conv2d_1[^]*input \[batch, 64\][^]*before flatten and dense/)
    expect(told(pipe(Layer.input([null, 8, 8]), Layer.conv2d({ filters: 1, size: 1 })))).toContain('add a channel axis')
  })
  it("'same' with an even kernel, padding as wide as the window", () => {
    expect(told(pipe(image, Layer.conv2d({ filters: 1, size: 4, padding: 'same' })))).toContain('odd kernel sizes')
    expect(told(pipe(image, Layer.maxPool2d({ size: 2, padding: 2 })))).toContain('padding below the window')
  })
  it('groups that divide neither channels nor filters', () => {
    expect(told(pipe(image, Layer.conv2d({ filters: 4, size: 1, groups: 2 })))).toContain('1 channels and 4 filters in 2 groups')
  })
  it('dense on unknown or missing axes', () => {
    expect(told(pipe(Layer.input([null, null]), Layer.dense({ units: 1 })))).toContain('known extents on the axes that are flattened')
    expect(told(pipe(Layer.input([null]), Layer.dense({ units: 1 })))).toContain('give the input a feature axis')
    expect(told(pipe(row, Layer.dense({ units: 1, numLeadingAxes: 2 })))).toContain('use a number from 1 to 1')
  })
  it('reshape and flatten that hold other numbers of elements', () => {
    expect(told(pipe(row, Layer.reshape({ shape: [[0], 5] })))).toContain('a shape of 4*batch elements')
    expect(told(pipe(row, Layer.reshape({ shape: [[2], -1] })))).toContain('an axis of the input, 0 to 1')
    expect(told(pipe(row, Layer.flatten({ outdim: 3 })))).toContain('at most the 2 axes of the input')
  })
  it('branches that do not fit together', () => {
    const both = Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 2 })])(row)
    expect(told(Layer.add()(both))).toMatch(/ShapeMismatch at add_1[^]*inputs \[batch, 3\] and \[batch, 2\]/)
    expect(told(Layer.concat({ axis: 0, name: 'join' })(both))).toContain('ShapeMismatch at join')
    expect(told(Layer.concat()([]))).toContain('no network')
  })
  it('an array of another shape than the parameter', () => {
    expect(told(pipe(row, Layer.dense({ units: 2, W: [[1, 2], [3, 4]] })))).toMatch(/ShapeMismatch at dense_1 > W[^]*\[2, 2\][^]*shape \[4, 2\]/)
  })
  it('a prior of another shape than the parameter', () => {
    const text = told(pipe(row, Layer.dense({ units: 2, W: pipe(Spec.normal(), Spec.withShape([3])) })))
    expect(text).toMatch(/dense_1[^]*\[3\][^]*\[4, 2\]/)
  })
  it('errors of independent branches come together, each once', () => {
    const bad = (name: string): Layer.Layer => Layer.conv2d({ filters: 1, size: 50, name })
    const problems = Layer.elaborate(pipe(image, Layer.parallel([bad('left'), bad('right')]), Layer.add(), Layer.dense({ units: 2 }), Layer.dense({ units: 3 }))).problems
    expect(problems.map((p) => p.path[0])).toEqual(['left', 'right'])
  })
})

describe('options', () => {
  it('unknown ones are named with the nearest', () => {
    const text = told(pipe(image, Layer.conv2d(loose({ filters: 2, size: 3, stirde: 2 }))))
    expect(text).toContain('UnknownOption at conv2d_1 > stirde')
    expect(text).toContain("did you mean 'stride'?")
    expect(told(Layer.input([null, 2], loose({ nmae: 'x' })))).toContain("did you mean 'name'?")
    expect(told(pipe(row, Layer.withDefaultSpec(Spec.normal(), loose({ biass: Spec.normal() })), Layer.dense({ units: 1 })))).toBe('')
    expect(told(pipe(row, Layer.dense({ units: 1 }), Layer.withDefaultSpec(Spec.normal(), loose({ biass: Spec.normal() }))))).toContain("did you mean 'bias'?")
  })
  it('unknown activations are named with the nearest', () => {
    expect(told(pipe(row, Layer.dense({ units: 1, activation: loose('than') })))).toContain("did you mean 'tanh'?")
  })
  it('numbers out of range', () => {
    expect(told(pipe(row, Layer.dense({ units: 0 })))).toMatch(/BadOption at dense_1 > units[^]*a whole number of 1 or more/)
    expect(told(pipe(image, Layer.conv2d({ filters: 1, size: [3, 2.5] })))).toContain('BadOption at conv2d_1 > size')
    expect(told(Layer.input([null, 0]))).toContain('BadOption at input_1 > shape')
  })
  it('a weight that is needed can not be null, and a foreign value is none', () => {
    expect(told(pipe(row, Layer.dense({ units: 1, W: loose(null) })))).toContain('the layer needs this parameter')
    expect(told(pipe(row, Layer.dense({ units: 1, W: loose('normal') })))).toContain('BadOption at dense_1 > W')
    expect(told(pipe(row, Layer.dense({ units: 1, W: loose([[1, 'a']]) })))).toContain('BadArray at dense_1 > W')
  })
  it('every wrong option of a call is told', () => {
    expect(Layer.elaborate(pipe(image, Layer.conv2d(loose({ filters: -1, size: 'big', padding: 'some' })))).problems.map((p) => p.path)).toEqual([
      ['conv2d_1', 'filters'], ['conv2d_1', 'size'], ['conv2d_1', 'padding']
    ])
  })
})

describe('names', () => {
  it('two layers of one name', () => {
    const text = told(pipe(row, Layer.dense({ units: 2, name: 'a' }), Layer.activation('tanh', { name: 'a' })))
    expect(text).toContain('DuplicateName at a')
    expect(text).toContain("2 layers named 'a' (dense, activation)")
  })
  it('a name that is that of a numbered layer', () => {
    expect(told(pipe(row, Layer.dense({ units: 2 }), Layer.activation('tanh', { name: 'dense_1' })))).toContain('DuplicateName at dense_1')
  })
  it('a name with a dot', () => {
    expect(told(pipe(row, Layer.dense({ units: 2, name: 'a.b' })))).toContain('BadOption at a.b > name')
  })
})

describe('functions', () => {
  it('what they throw is an error value', () => {
    expect(told(pipe(row, Layer.activation(() => { throw new Error('no') })))).toMatch(/BadFunction at activation_1[^]*no/)
    expect(told(pipe(row, Layer.activation(loose(() => 3))))).toContain('a function that gives a tensor')
    expect(told(pipe(row, Layer.activation(Tensor.reshape([3]))))).toMatch(/ShapeMismatch at activation_1/)
  })
  it('what is no layer is told', () => {
    expect(told(Layer.sequential([loose(undefined)])(row))).toContain('NotALayer at layer_1')
    expect(told(Layer.residual(loose(() => { throw new Error('no') }))(row))).toContain('NotALayer at layer_1')
    expect(told(Layer.add()(Layer.parallel([loose(() => 3)])(row)))).toContain('a function from network to network')
  })
  it('what is no network is told', () => {
    expect(told(Layer.dense({ units: 1 })(loose(undefined)))).toContain('NotANetwork at dense_1')
    expect(Layer.elaborate(loose(3)).problems.map((p) => p._tag)).toEqual(['NotANetwork'])
    expect(told(Layer.add()(loose([row, 'x'])))).toContain('NotANetwork at add_1')
  })
})
