// The guide under the index of distributions: paragraphs, and code whose `?` are filled
// in by running it.
export const guide = [
  { text: '## Priors, shortly' },
  {
    text: '**Shapes.** A prior has no shape until it is asked for one: by the layer whose parameter it is, or by `Spec.resolve`. Parameters that are priors get the shape of what they are parameters of, unless they say otherwise: without `withShape`, every weight below would have a scale of its own.',
    code: [
      'const each = Spec.normal({ sd: Spec.halfNormal() })',
      'const one = Spec.normal({ sd: pipe(Spec.halfNormal(), Spec.withShape([])) })',
      'const shapes = flow(Spec.resolve([64, 10]), E.map((r) => r.sites.map((v) => [v.name, v.shape])))',
      'shapes(each)   // => ?',
      'shapes(one)   // => ?'
    ].join('\n')
  },
  {
    text: 'A vector or matrix is the last axis or the last two of the shape; the axes before it hold independent draws. For `lkjCholesky` the shape [5, 3, 3] is five factors of 3 x 3 correlation matrices.',
    code: [
      'const factors = pipe(Spec.lkjCholesky(), Spec.resolve([5, 3, 3]), E.map((r) => r.sites.map((v) => v.shape)))',
      'factors   // => ?'
    ].join('\n')
  },
  {
    text: '**Parameters that are priors.** Any parameter may be a number, an array, a tensor or another prior, to any depth, and any operation of `Tensor` works between priors. The same value in two places is one variable; `Spec.fresh` makes a second.',
    code: [
      'const tau = Spec.halfCauchy()',
      'const slopes = Spec.normal({ mu: Spec.normal({ sd: 5 }), sd: pipe(tau, Spec.mul(0.5)) })',
      'Spec.show(slopes)   // => ?'
    ].join('\n')
  },
  {
    text: '**Fan-in.** `Spec.fanIn` and `Spec.fanOut` are functions of the parameter\'s place, so that one prior fits layers of every width: at fan-in 50 the standard deviation below is sqrt(2 / 50).',
    code: [
      'const he = Spec.normal({ sd: Spec.fanIn((n) => Math.sqrt(2 / n)) })',
      'const scales = flow(Spec.resolve([50, 10]), E.map((r) => r.sites.map((v) => Dist.constantOf(v.dist.params.sd)?.data)))',
      'scales(he)   // ≈ ?'
    ].join('\n')
  },
  {
    text: '**Shared.** A variable belongs to one parameter. `Spec.shared(name, prior)` is one variable for the whole model: here one scale for the weights of both layers.',
    code: [
      "const scale = Spec.shared('scale', pipe(Spec.halfNormal(), Spec.withShape([])))",
      'const net = pipe(',
      "  Layer.input([null, 4], { name: 'x' }),",
      "  Layer.dense({ units: 8, activation: 'tanh', W: Spec.normal({ sd: scale }) }),",
      '  Layer.dense({ units: 1, W: Spec.normal({ sd: scale }) }),',
      "  Model.observe(Likelihood.normal({ sd: 0.1 }), { name: 'y' }))",
      'net.sites.map((s) => s.name)   // => ?'
    ].join('\n')
  },
  {
    text: '**Non-centred.** Where data say little about a group, the group\'s value and the scale it came from make a funnel that is hard to fit. `Spec.nonCentred` rewrites a prior to the same one with a standard variable underneath, wherever a location-scale family in it has a random location or scale. Eight schools:',
    code: [
      'const one = Spec.withShape([])',
      'const theta = Spec.normal({ mu: one(Spec.normal({ sd: 5 })), sd: one(Spec.halfCauchy({ beta: 5 })) })',
      'const schools = pipe(Spec.nonCentred(theta), Spec.resolve([8]), E.map((r) => r.sites.map((v) => [v.name, v.shape])))',
      'schools   // => ?'
    ].join('\n')
  },
  {
    text: '**Compositions.** The horseshoe is no family: it is a normal whose scale is a product of two half Cauchys, one for each weight and one for all, and `Spec.horseshoe` writes that down. `Spec.regularisedHorseshoe` bounds the largest weights by a slab.',
    code: [
      'Spec.show(Spec.horseshoe())   // => ?',
      'const sparse = pipe(Spec.horseshoe({ tau: 0.1 }), Spec.resolve([20]), E.map((r) => r.sites.map((v) => [v.name, v.shape])))',
      'sparse   // => ?'
    ].join('\n')
  }
]
