// What the pages say of each family that the table doesn't know: what it is for, what its
// parameters mean, which settings are drawn, at which numbers the examples stand. Every
// number that follows from these is worked out by the generator (`page.mjs`).
//
// `use` is code in which `// => ?` and `// ≈ ?` are filled in by running it.

/** The variables that a prior at a shape makes. */
const sites = (prior, shape) => [
  `const prior = ${prior}`,
  `pipe(prior, Spec.resolve(${shape}), E.map((r) => r.sites.map((s) => [s.name, s.shape])))   // => ?`
].join('\n')

/** The log joint density of a small model at given values. */
const joint = (priors, observed, values) => [
  `const model = Model.joint(${priors}, ${observed})`,
  `const [lp] = await orThrow(evaluate([Model.logDensity(model)], ${values}, { gpu: 'reference' }))`,
  'lp.data   // ≈ ?'
].join('\n')

const real = {
  normal: {
    title: 'Normal',
    line: 'sums of many small effects: weights, coefficients, noise',
    about: 'The choice for whatever is a sum of many small effects: network weights, regression coefficients, measurement noise. Its tails are so thin that a value five standard deviations out counts as nearly impossible; where outliers happen, take a Student t.',
    pymc: '`sd` is the standard deviation (`sigma`); there is no precision `tau`.',
    params: { mu: 'mean, median and mode', sd: 'standard deviation' },
    settings: [{ mu: 0, sd: 1 }, { mu: 0, sd: 2 }, { mu: 2, sd: 0.7 }], range: [-5, 5],
    at: { params: { mu: 0, sd: 2 }, x: [-2, 0, 3] },
    says: 'Weights of a layer whose common scale is learned:',
    use: sites('Spec.normal({ sd: pipe(Spec.halfNormal(), Spec.withShape([])) })', '[100, 10]')
  },
  flat: {
    title: 'Flat',
    line: 'no preference at all; improper',
    about: 'Says nothing about a value: the posterior is the likelihood, if that has an integral. It is improper, so it can\'t be drawn from, a bound on the evidence holds up to a constant, and a likelihood that stays level in some direction leaves no posterior at all. A wide normal is nearly always the better choice.',
    params: {},
    settings: [{}], range: [-3, 3], top: 1.5,
    at: { params: {}, x: [-1000, 0, 5] },
    says: 'A location that the data alone determine:',
    use: joint('{ mu: Spec.flat() }', '({ mu }) => ({ y: Dist.normal({ mu }) })', '{ mu: 1, y: [0.5, 1, 2] }')
  },
  laplace: {
    title: 'Laplace',
    line: 'a peak at the centre and exponential tails; its mode is the lasso',
    about: 'Sharper at its centre than a normal and with heavier, exponential tails. As a prior of coefficients its posterior mode is the lasso; as noise it makes a regression follow medians. Its posterior mean is not sparse: for weights that are either near zero or free, take a horseshoe.',
    params: { mu: 'mean, median and mode', b: 'scale, the mean distance from `mu`; the standard deviation is sqrt(2) b' },
    settings: [{ mu: 0, b: 1 }, { mu: 0, b: 2 }, { mu: 2, b: 0.5 }], range: [-5, 5], knots: [0, 2],
    at: { params: { mu: 0, b: 2 }, x: [-2, 0, 4] },
    says: 'Sparse coefficients by their posterior mode:',
    use: sites('Spec.laplace({ b: 0.5 })', '[20]')
  },
  cauchy: {
    title: 'Cauchy',
    line: 'tails so heavy that there is no mean',
    about: 'A location about which little is known, or noise with wild outliers: half of it lies within `beta` of the centre, yet values a thousand times as far are no surprise. It has no mean and no variance. Approximations with normal tails fit it badly far out.',
    params: { alpha: 'centre: median and mode', beta: 'half width at half height, half the distance between the quartiles' },
    settings: [{ alpha: 0, beta: 1 }, { alpha: 0, beta: 2 }, { alpha: 2, beta: 0.5 }], range: [-7, 7],
    at: { params: { alpha: 0, beta: 1 }, x: [0, 1, 100] },
    says: 'Intercept and slopes of a logistic regression on standardised inputs:',
    use: sites('Spec.cauchy({ beta: [10, 2.5, 2.5] })', '[3]')
  },
  studentT: {
    title: 'Student t',
    line: 'a normal with heavier tails, for outliers',
    about: 'A normal that forgives outliers: robust regression takes it as noise, with few degrees of freedom, or with a prior on them. At `nu` = 1 it is a Cauchy; from about 30 on nobody can tell it from a normal.',
    pymc: '`sd` is the scale (`sigma`), not the standard deviation, which is sd sqrt(nu / (nu - 2)) for nu above 2; there is no precision `lam`.',
    params: { nu: 'degrees of freedom: fewer, heavier tails', mu: 'centre', sd: 'scale' },
    settings: [{ nu: 1, mu: 0, sd: 1 }, { nu: 4, mu: 0, sd: 1 }, { nu: 30, mu: 0, sd: 1 }], range: [-5, 5],
    at: { params: { nu: 4, mu: 0, sd: 1 }, x: [0, 2, 10] },
    says: 'Noise with outliers, degrees of freedom unknown:',
    use: joint('{ mu: Spec.normal({ sd: 10 }), nu: Spec.gamma({ alpha: 2, beta: 0.1 }) }', '({ mu, nu }) => ({ y: Dist.studentT({ nu, mu }) })', '{ mu: 0, nu: 4, y: [-0.3, 0.8, 12] }')
  },
  skewNormal: {
    title: 'Skew normal',
    line: 'a normal that leans to one side',
    about: 'Values on the whole line with more room on one side. `alpha` = 0 is a normal; with `alpha` far from 0 it nears a half normal that begins at `mu`.',
    params: { mu: 'location (the mean only where alpha = 0)', sd: 'scale (the standard deviation only where alpha = 0)', alpha: 'skewness: its sign says to which side the long tail is' },
    settings: [{ mu: 0, sd: 1, alpha: 1 }, { mu: 0, sd: 1, alpha: 5 }, { mu: 0, sd: 2, alpha: -4 }], range: [-5, 4],
    at: { params: { mu: 0, sd: 1, alpha: 4 }, x: [-1, 0, 2] },
    says: 'One skewness for a group of variables:',
    use: sites('Spec.skewNormal({ alpha: pipe(Spec.normal({ sd: 3 }), Spec.withShape([])) })', '[8]')
  },
  exGaussian: {
    title: 'Ex-Gaussian',
    line: 'a normal plus an exponential: reaction times',
    about: 'The sum of a normal and an exponential: reaction times and chromatographic peaks, with a Gaussian rise and a long right tail. As a likelihood its parameters separate the typical time from the slow ones.',
    pymc: '`sd` is `sigma` and `nu` is the mean of the exponential, as there; the density stays exact far in the left tail, where the logarithm of the normal cdf alone would lose its digits.',
    params: { mu: 'mean of the normal part', sd: 'standard deviation of the normal part', nu: 'mean of the exponential part' },
    settings: [{ mu: 0, sd: 1, nu: 1 }, { mu: 0, sd: 0.5, nu: 3 }, { mu: -2, sd: 1, nu: 0.3 }], range: [-5, 9],
    at: { params: { mu: 0, sd: 1, nu: 2 }, x: [-10, 0, 5] },
    says: 'Reaction times in seconds:',
    use: joint('{ nu: Spec.exponential({ lam: 2 }) }', '({ nu }) => ({ seconds: Dist.exGaussian({ mu: 0.4, sd: 0.05, nu }) })', '{ nu: 0.2, seconds: [0.42, 0.55, 0.97] }')
  }
}

const positive = {
  logNormal: {
    title: 'Log-normal',
    line: 'products of many effects: scales known up to a factor',
    about: 'A positive number known up to a factor: sd = 1 says "within a factor of three, probably". Concentrations, durations, incomes; in networks the scale of weights. Its mean lies far above its median where `sd` is large.',
    pymc: '`sd` is `sigma`, the standard deviation of the logarithm; there is no precision `tau`.',
    params: { mu: 'mean of the logarithm; exp(mu) is the median', sd: 'standard deviation of the logarithm' },
    settings: [{ mu: 0, sd: 0.5 }, { mu: 0, sd: 1 }, { mu: 1, sd: 0.5 }], range: [0, 6],
    at: { params: { mu: 0, sd: 0.5 }, x: [0.5, 1, 2] },
    says: 'One scale for all weights of a layer, known only to within powers of ten:',
    use: sites('Spec.normal({ sd: pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([])) })', '[784, 10]')
  },
  halfNormal: {
    title: 'Half normal',
    line: 'the first choice for a standard deviation',
    about: 'The first choice for a standard deviation or another scale whose size is roughly known: zero is allowed, values beyond three times `sd` are all but ruled out.',
    pymc: '`sd` is `sigma`; there is no precision `tau`.',
    params: { sd: 'standard deviation of the normal before the sign is dropped' },
    settings: [{ sd: 0.5 }, { sd: 1 }, { sd: 2 }], range: [0, 6], edge: true,
    at: { params: { sd: 2 }, x: [0.5, 2, 6] },
    says: 'An unknown noise:',
    use: joint('{ sd: Spec.halfNormal({ sd: 2 }) }', '({ sd }) => ({ y: Dist.normal({ sd }) })', '{ sd: 1.5, y: [-1, 0.5, 2] }')
  },
  exponential: {
    title: 'Exponential',
    line: 'waiting times; a scale prior with one number to choose',
    about: 'Times between events that don\'t remember the last one, and the simplest prior of a scale: one number, its mean 1 / `lam`, to choose. Its tail is heavier than a half normal\'s, lighter than a half Cauchy\'s.',
    pymc: '`lam` is the rate; there is no `scale`.',
    params: { lam: 'rate: 1 over the mean' },
    settings: [{ lam: 0.5 }, { lam: 1 }, { lam: 2 }], range: [0, 6], edge: true,
    at: { params: { lam: 2 }, x: [0.1, 1, 3] },
    says: 'Times between events, with their rate unknown:',
    use: joint('{ lam: Spec.gamma({ alpha: 2, beta: 2 }) }', '({ lam }) => ({ wait: Dist.exponential({ lam }) })', '{ lam: 0.8, wait: [0.2, 1.1, 3] }')
  },
  halfCauchy: {
    title: 'Half Cauchy',
    line: 'scales that may be near zero or huge',
    about: 'A scale that is probably about `beta` but may be far larger: the between-group standard deviation of a hierarchical model, the scales of a horseshoe. It has no mean; where data say little, a half normal is easier to fit.',
    params: { beta: 'median: half of it lies below' },
    settings: [{ beta: 0.5 }, { beta: 1 }, { beta: 2 }], range: [0, 8], edge: true,
    at: { params: { beta: 5 }, x: [0.1, 5, 100] },
    says: 'Eight schools, their spread unknown:',
    use: sites('Spec.normal({ sd: pipe(Spec.halfCauchy({ beta: 5 }), Spec.withShape([])) })', '[8]')
  },
  halfStudentT: {
    title: 'Half Student t',
    line: 'scales, with a tail of your choice',
    about: 'A scale prior whose tail is chosen by `nu`: 1 gives the half Cauchy, large values the half normal, and 3 or 4 a compromise that keeps huge scales possible but does not invite them.',
    pymc: '`sd` is the scale (`sigma`); there is no precision `lam`.',
    params: { nu: 'degrees of freedom: fewer, heavier tail', sd: 'scale' },
    settings: [{ nu: 1, sd: 1 }, { nu: 4, sd: 1 }, { nu: 4, sd: 3 }], range: [0, 8], edge: true,
    at: { params: { nu: 3, sd: 2 }, x: [0.5, 2, 20] },
    says: 'A standard deviation for each of four groups:',
    use: sites('Spec.normal({ sd: Spec.halfStudentT({ nu: 3, sd: 2 }) })', '[4]')
  },
  gamma: {
    title: 'Gamma',
    line: 'rates, precisions, waiting times for several events',
    about: 'Rates and precisions, conjugate to both; waiting times for `alpha` events. With `alpha` above 1 it keeps away from zero, which half normals and half Cauchys don\'t.',
    pymc: '`alpha` and `beta` (a rate) as there; there is no `mu`, `sigma` form: take alpha = (mu / sigma)^2, beta = mu / sigma^2.',
    params: { alpha: 'shape', beta: 'rate: 1 over the scale' },
    settings: [{ alpha: 1, beta: 1 }, { alpha: 2, beta: 1 }, { alpha: 6, beta: 2 }], range: [0, 8], edge: true,
    at: { params: { alpha: 2, beta: 1 }, x: [0.5, 1, 3] },
    says: 'The rate of counts:',
    use: joint('{ rate: Spec.gamma({ alpha: 2, beta: 1 }) }', '({ rate }) => ({ y: Dist.poisson({ rate }) })', '{ rate: 2, y: [3, 1, 4] }')
  },
  chiSquared: {
    title: 'Chi squared',
    line: 'sums of squared standard normals',
    about: 'The sum of `nu` squared standard normals: sampling distributions of variances and of test statistics. It is a gamma with shape `nu` / 2 and rate 1 / 2.',
    params: { nu: 'degrees of freedom, which is also the mean; need not be whole' },
    settings: [{ nu: 2 }, { nu: 4 }, { nu: 8 }], range: [0, 18], edge: true,
    at: { params: { nu: 4 }, x: [1, 4, 12] },
    says: 'A Student t with four degrees of freedom from its parts:',
    use: sites('pipe(Spec.normal(), Spec.div(Spec.sqrt(pipe(Spec.chiSquared({ nu: 4 }), Spec.div(4)))))', '[5]')
  },
  inverseGamma: {
    title: 'Inverse gamma',
    line: 'variances; length scales that must not vanish',
    about: 'Variances, to which it is conjugate, and length scales: its density falls faster than any power towards zero, so it rules out the tiny scales at which models overfit. As a vague prior of variances (both parameters tiny) it is anything but vague; prefer a half normal on the standard deviation.',
    pymc: '`alpha` and `beta` (a scale) as there; there is no `mu`, `sigma` form.',
    params: { alpha: 'shape: the tail falls like x^(-alpha - 1)', beta: 'scale' },
    settings: [{ alpha: 1, beta: 1 }, { alpha: 3, beta: 1 }, { alpha: 3, beta: 4 }], range: [0, 5],
    at: { params: { alpha: 3, beta: 2 }, x: [0.25, 1, 4] },
    says: 'The variance of noise; `Tensor.sqrt` makes it a standard deviation:',
    use: joint('{ v: Spec.inverseGamma({ alpha: 3, beta: 2 }) }', '({ v }) => ({ y: Dist.normal({ sd: Tensor.sqrt(v) }) })', '{ v: 0.5, y: [-0.2, 0.9] }')
  },
  weibull: {
    title: 'Weibull',
    line: 'lifetimes whose hazard rises or falls',
    about: 'Lifetimes: the hazard falls with age where `alpha` is below 1 (early failures), is constant at 1 (an exponential), and rises above (wear). `beta` is the age that 63 % don\'t survive.',
    params: { alpha: 'shape: how the hazard changes with age', beta: 'scale: the quantile at 1 - 1 / e' },
    settings: [{ alpha: 1, beta: 1 }, { alpha: 1.5, beta: 1 }, { alpha: 5, beta: 1.5 }], range: [0, 4], edge: true,
    at: { params: { alpha: 1.5, beta: 2 }, x: [0.5, 2, 5] },
    says: 'Lifetimes with unknown ageing:',
    use: joint('{ alpha: Spec.logNormal({ sd: 0.5 }), beta: Spec.logNormal() }', '({ alpha, beta }) => ({ life: Dist.weibull({ alpha, beta }) })', '{ alpha: 1.5, beta: 2, life: [0.7, 1.8, 3] }')
  },
  wald: {
    title: 'Wald',
    line: 'inverse Gaussian: times until a drifting walk gets there',
    about: 'The inverse Gaussian: how long a random walk with drift takes to reach a line. Response and failure times with a sharp rise and a long tail; `alpha` adds a time before which nothing can happen.',
    note: 'Where `alpha` is the number 0, its default, the support is (0, inf) and the bijector `exp`.',
    pymc: '`mu`, `lam` and `alpha` as there; there is no `phi`. For `alpha` other than 0 the support begins at `alpha`, and the bijector with it.',
    params: { mu: 'mean of what is above alpha', lam: 'shape: the variance is mu^3 / lam', alpha: 'where it begins' },
    settings: [{ mu: 1, lam: 1, alpha: 0 }, { mu: 1, lam: 5, alpha: 0 }, { mu: 1, lam: 5, alpha: 1 }], range: [0, 4],
    at: { params: { mu: 1, lam: 2, alpha: 0 }, x: [0.2, 1, 3] },
    says: 'Response times with an unknown lead time:',
    use: joint('{ lead: Spec.uniform({ upper: 0.3 }) }', '({ lead }) => ({ seconds: Dist.wald({ mu: 0.5, lam: 2, alpha: lead }) })', '{ lead: 0.15, seconds: [0.4, 0.62, 1.3] }')
  },
  pareto: {
    title: 'Pareto',
    line: 'sizes above a threshold, with a power-law tail',
    about: 'Sizes above a threshold with a power-law tail: incomes, cities, insurance claims. Moments of order `alpha` and above are infinite.',
    pymc: '`alpha` and `m` as there; the bijector begins at `m`, so every unconstrained value lies in the support.',
    params: { alpha: 'tail index: the share above x is (m / x)^alpha', m: 'the smallest value' },
    settings: [{ alpha: 1, m: 1 }, { alpha: 3, m: 1 }, { alpha: 3, m: 2 }], range: [0, 6], edge: true,
    at: { params: { alpha: 3, m: 1 }, x: [1, 2, 10] },
    says: 'The tail index of claims above a thousand:',
    use: joint('{ alpha: Spec.gamma({ alpha: 2, beta: 1 }) }', '({ alpha }) => ({ claim: Dist.pareto({ alpha, m: 1000 }) })', '{ alpha: 2, claim: [1200, 3400] }')
  }
}

const bounded = {
  uniform: {
    title: 'Uniform',
    line: 'anywhere between two hard bounds, equally',
    about: 'For hard bounds that follow from what the number is: an angle, a share, a position on a detector. Bounds that merely sound reasonable cut off posteriors; use a normal or half normal there.',
    params: { lower: 'lower bound', upper: 'upper bound, above `lower`' },
    settings: [{ lower: 0, upper: 1 }, { lower: -1, upper: 3 }], range: [-2, 4], edge: true,
    at: { params: { lower: -1, upper: 3 }, x: [-0.5, 0, 2.9] },
    says: 'A bound that is itself unknown:',
    use: sites('Spec.uniform({ upper: Spec.exponential() })', '[5]')
  },
  beta: {
    title: 'Beta',
    line: 'probabilities and shares',
    about: 'A probability or a share. `alpha` and `beta` act like counts of successes and failures seen before; 1 and 1 is uniform, below 1 pushes towards the ends. Conjugate to Bernoulli and binomial counts.',
    pymc: '`alpha` and `beta` as there, each 1 if left out; there is no `mu`, `sigma` or `mu`, `nu` form.',
    params: { alpha: 'shape: weight towards 1', beta: 'shape: weight towards 0' },
    settings: [{ alpha: 0.5, beta: 0.5 }, { alpha: 2, beta: 2 }, { alpha: 2, beta: 6 }], range: [0, 1], top: 3.2, edge: true,
    at: { params: { alpha: 2, beta: 3 }, x: [0.1, 0.5, 0.9] },
    says: 'A coin of unknown bias:',
    use: joint('{ p: Spec.beta({ alpha: 2, beta: 2 }) }', '({ p }) => ({ y: Dist.bernoulli({ probs: p }) })', '{ p: 0.3, y: [1, 0, 1] }')
  },
  vonMises: {
    title: 'Von Mises',
    line: 'angles about a direction',
    about: 'The normal of the circle: wind directions, times of day, phases. Mean and variance are the circular ones (the variance is 1 less the mean resultant length).',
    pymc: '`mu` and `kappa` as there. The unconstrained line is laid over (-pi, pi) by the interval bijector: the prior is proper in those units, and an approximation does not join the two ends. Where the posterior sits at ±pi, turn the origin.',
    params: { mu: 'mean direction, in radians', kappa: 'concentration: near 0 uniform, large about 1 / variance' },
    settings: [{ mu: 0, kappa: 0.5 }, { mu: 0, kappa: 4 }, { mu: 2, kappa: 2 }], range: [-Math.PI, Math.PI],
    at: { params: { mu: 0, kappa: 4 }, x: [-3, 0, 0.5] },
    says: 'A direction from noisy bearings:',
    use: joint('{ direction: Spec.vonMises({ mu: 0, kappa: 0.5 }) }', '({ direction }) => ({ bearing: Dist.vonMises({ mu: direction, kappa: 4 }) })', '{ direction: 0.4, bearing: [0.1, 0.6, 0.9] }')
  },
  truncatedNormal: {
    title: 'Truncated normal',
    line: 'a normal between bounds',
    about: 'A normal of which only a part can occur: a measured quantity that can\'t be negative, a position inside a window. Bounds may lie far in a tail; the density keeps its digits there.',
    pymc: '`sd` is `sigma`; there is no precision `tau`.',
    note: 'With both bounds the support is (lower, upper) and the bijector `interval`; with one alone it is `lowerBound` or `upperBound`, with none `identity`. A bound that is left out does not enter the density.',
    params: { mu: 'mean before truncation', sd: 'standard deviation before truncation', lower: 'lower bound', upper: 'upper bound, above `lower`' },
    settings: [{ mu: 0, sd: 1, lower: 0 }, { mu: 0, sd: 1, lower: -1, upper: 2 }, { mu: 3, sd: 2, lower: 0, upper: 4 }], range: [-2, 5], edge: true,
    at: { params: { mu: 0, sd: 1, lower: 0, upper: 2 }, x: [0.1, 1, 1.9] },
    says: 'A reading that the instrument clips at 10 and never reports:',
    use: joint('{ level: Spec.normal({ mu: 8, sd: 3 }) }', '({ level }) => ({ y: Dist.truncatedNormal({ mu: level, sd: 1, upper: 10 }) })', '{ level: 9, y: [8.7, 9.6] }')
  }
}

const mixtures = {
  scaleMixture: {
    title: 'Scale mixture',
    line: 'the spike-and-slab prior of Bayes by Backprop',
    about: 'The weight prior of Bayes by Backprop: a wide normal that leaves large weights alone and a narrow one that pulls small weights to zero. Unlike a horseshoe it adds no variables.',
    pymc: 'Not a distribution there. Blundell et al. state -log sd; here the standard deviations themselves are the parameters.',
    params: { pi: 'share of the first normal', sd1: 'standard deviation of the first, the slab', sd2: 'standard deviation of the second, the spike; the default is exp(-6)' },
    settings: [{ pi: 0.5, sd1: 1, sd2: 0.2 }, { pi: 0.25, sd1: 1, sd2: 0.2 }, { pi: 0.5, sd1: 2, sd2: 0.5 }], range: [-3, 3],
    at: { params: { pi: 0.5, sd1: 1, sd2: 0.1 }, x: [0, 0.3, 2] },
    says: 'Weights of a dense layer:',
    use: sites('Spec.scaleMixture({ pi: 0.25, sd1: 0.75, sd2: 0.1 })', '[64, 10]')
  },
  normalMixture: {
    title: 'Normal mixture',
    line: 'several normals with weights: clusters, odd shapes',
    about: 'Values that come from one of several normals, with the component summed out, so that gradients exist: clusters, bimodal noise, any odd shape. Components lie along the last axis of the parameters, which a value doesn\'t have. Equal components can swap places; order the means to tell them apart.',
    pymc: '`sd` is `sigma`; there is no precision `tau`.',
    params: { w: 'weights of the components, sum 1', mu: 'means of the components', sd: 'standard deviations of the components' },
    settings: [{ w: [0.3, 0.7], mu: [-2, 1], sd: [0.5, 1] }, { w: [0.5, 0.5], mu: [0, 0], sd: [0.3, 2] }], range: [-5, 5],
    at: { params: { w: [0.3, 0.7], mu: [-2, 1], sd: [0.5, 1] }, x: [-2, 0, 1] },
    says: 'Two clusters with ordered centres:',
    use: joint('{ mu: pipe(Spec.orderedNormal({ sd: 3 }), Spec.withShape([2])) }', '({ mu }) => ({ y: Dist.normalMixture({ w: [0.5, 0.5], mu, sd: [1, 1] }) })', '{ mu: [-2, 2], y: [-1.8, 0.3, 2.4] }')
  }
}

const vectors = {
  dirichlet: {
    title: 'Dirichlet',
    line: 'shares that sum to one',
    about: 'Shares of a whole: probabilities of classes, weights of a mixture. `alpha` acts like counts seen before; all 1 is uniform over the simplex, below 1 favours corners. Conjugate to categorical counts.',
    pymc: '`alpha` is `a`. One number stands for that many equal concentrations; the shape then says how many.',
    params: { alpha: 'concentrations along the last axis, or one number for all' },
    settings: [{ alpha: [2, 2, 2] }, { alpha: [8, 3, 3] }, { alpha: [2, 4, 12] }], plot: 'triangle',
    at: { params: { alpha: [2, 3, 4] }, x: [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]] },
    says: 'Probabilities of three classes:',
    use: joint('{ w: pipe(Spec.dirichlet({ alpha: 1 }), Spec.withShape([3])) }', '({ w }) => ({ y: Dist.categorical({ probs: w }) })', '{ w: [0.2, 0.3, 0.5], y: [0, 2, 2] }')
  },
  multivariateNormal: {
    title: 'Multivariate normal',
    line: 'normal vectors with correlations',
    about: 'Numbers that vary together: intercepts and slopes of groups, a Gaussian process at given points. The last axis is one vector; the axes before it hold independent ones.',
    pymc: 'By its Cholesky factor `chol` only (`MvNormal(chol=...)`): no `cov`, no `tau`. `Tensor.cholesky` makes the factor of a covariance.',
    params: { mu: 'mean vector, or one number for all', chol: 'lower triangular factor of the covariance, diagonal above 0; what is above the diagonal is not read' },
    settings: [{ mu: [0, 0], chol: [[1, 0], [0, 1]] }, { mu: [0, 0], chol: [[1, 0], [1.2, 0.9]] }], plot: 'plane', range: [-4, 4],
    at: { params: { mu: 0, chol: [[1, 0], [0.8, 0.6]] }, x: [[0, 0], [1, -1]] },
    says: 'Four numbers with unknown correlations:',
    use: sites('Spec.multivariateNormal({ chol: Spec.lkjCholesky({ eta: 2 }) })', '[4]')
  },
  lkjCholesky: {
    title: 'LKJ (Cholesky factor)',
    line: 'correlation matrices by their Cholesky factor',
    about: 'The prior of a correlation matrix R = L L^T, of which the value is L. `eta` = 1 is uniform over all correlation matrices (which for large ones already means small correlations), above 1 draws them to the identity, below 1 to the edge. Scales go on separately: the factor of a covariance is each row of L times its standard deviation.',
    pymc: '`eta` as there; the size is that of the shape [k, k], not a parameter. It is the correlation\'s factor alone: `LKJCholeskyCov` has the standard deviations inside.',
    params: { eta: 'the density of R goes like det(R)^(eta - 1)' },
    settings: [{ eta: 1 }, { eta: 3 }, { eta: 10 }], plot: 'correlation', range: [-0.995, 0.995],
    at: { params: { eta: 2 }, x: [[1, 0, 0], [0.6, 0.8, 0], [0, 0.6, 0.8]] },
    says: 'The factor of a covariance: rows of L times standard deviations:',
    use: sites('pipe(Spec.lkjCholesky({ eta: 2 }), Spec.mul(pipe(Spec.halfNormal(), Spec.withShape([3, 1]))))', '[3, 3]')
  },
  orderedNormal: {
    title: 'Ordered normal',
    line: 'increasing numbers: cutpoints, centres of clusters',
    about: 'Normal draws put in order: cutpoints of an ordinal regression, centres of clusters that must not swap. The density has the factor k! of the orderings, so it is that of the order statistics.',
    pymc: 'There a normal with the `ordered` transform, without the factor k!; the posterior is the same.',
    params: { mu: 'mean of the normals before they are put in order', sd: 'their standard deviation' },
    settings: [{ mu: 0, sd: 1 }], plot: 'order', range: [-4, 4],
    at: { params: { mu: 0, sd: 2 }, x: [[-1, 0, 2]] },
    says: 'Cutpoints between three grades:',
    use: joint('{ cut: pipe(Spec.orderedNormal({ sd: 2 }), Spec.withShape([2])) }', '({ cut }) => ({ grade: Dist.orderedLogistic({ eta: 0, cutpoints: cut }) })', '{ cut: [-1, 1], grade: [0, 1, 1, 2] }')
  }
}

const inflatedNote = 'PyMC\'s `psi` is the probability that it is *not* a structural zero: gate = 1 - psi.'
const gate = 'probability of a structural zero'

const whole = {
  bernoulli: {
    title: 'Bernoulli',
    line: 'yes or no',
    about: 'One yes or no: the likelihood of binary classification. From `logits` the log probabilities keep their digits however sure the model is; `Likelihood.bernoulli` does that for a network\'s output.',
    pymc: '`probs` is `p`, `logits` is `logit_p`.',
    params: { probs: 'probability of 1', logits: 'its log odds, instead of `probs`' },
    settings: [{ probs: 0.2 }, { probs: 0.5 }, { probs: 0.9 }], plot: 'bars', values: [0, 1],
    at: { params: { logits: -1 }, x: [0, 1] },
    says: 'A coin of unknown bias:',
    use: joint('{ logits: Spec.normal() }', '({ logits }) => ({ y: Dist.bernoulli({ logits }) })', '{ logits: -0.5, y: [0, 1, 0, 0] }')
  },
  categorical: {
    title: 'Categorical',
    line: 'one of several classes',
    about: 'One of K classes: the likelihood of classification. Classes lie along the last axis of the parameter, which a value doesn\'t have; `Likelihood.categorical` takes a network\'s softmax.',
    pymc: '`probs` is `p`, `logits` is `logit_p`.',
    params: { probs: 'probabilities of the classes, sum 1', logits: 'their logarithms up to a constant, instead of `probs`' },
    settings: [{ probs: [0.25, 0.25, 0.25, 0.25] }, { probs: [0.5, 0.3, 0.15, 0.05] }, { probs: [0.05, 0.1, 0.15, 0.7] }], plot: 'bars', values: [0, 1, 2, 3],
    at: { params: { probs: [0.5, 0.3, 0.2] }, x: [0, 1, 2] },
    says: 'Class probabilities from unknown logits:',
    use: joint('{ logits: pipe(Spec.normal(), Spec.withShape([3])) }', '({ logits }) => ({ y: Dist.categorical({ logits }) })', '{ logits: [0.5, 0, -1], y: [0, 0, 2] }')
  },
  orderedLogistic: {
    title: 'Ordered logistic',
    line: 'grades in order: ordinal regression',
    about: 'Grades with an order but no distances: survey answers, stages of a disease. A score `eta` plus logistic noise is compared with increasing cutpoints; `eta` comes from a regression, the cutpoints from an ordered normal.',
    params: { eta: 'the score', cutpoints: 'K - 1 increasing limits between the K grades, along the last axis' },
    settings: [{ eta: -1, cutpoints: [-2, 0, 2] }, { eta: 0, cutpoints: [-2, 0, 2] }, { eta: 2, cutpoints: [-2, 0, 2] }], plot: 'bars', values: [0, 1, 2, 3],
    at: { params: { eta: 0.5, cutpoints: [-1, 1] }, x: [0, 1, 2] },
    says: 'Grades by one input, with slope and cutpoints unknown:',
    use: [
      'const priors = { slope: Spec.normal(), cut: pipe(Spec.orderedNormal({ sd: 2 }), Spec.withShape([2])) }',
      'const model = Model.joint(priors, ({ slope, cut }, { x }) => ({ grade: Dist.orderedLogistic({ eta: Tensor.mul(slope)(x), cutpoints: cut }) }), { inputs: { x: [null] } })',
      'const values = { slope: 1, cut: [-1, 1], x: [-2, 0, 2], grade: [0, 1, 2] }',
      "const [lp] = await orThrow(evaluate([Model.logDensity(model)], values, { gpu: 'reference' }))",
      'lp.data   // ≈ ?'
    ].join('\n')
  },
  binomial: {
    title: 'Binomial',
    line: 'successes out of a known number of tries',
    about: 'How many of `n` independent tries succeed. Where the tries of a row share a chance that varies from row to row, put a prior on it.',
    pymc: '`probs` is `p`, `logits` is `logit_p`.',
    params: { n: 'number of tries', probs: 'probability of success', logits: 'its log odds, instead of `probs`' },
    settings: [{ n: 10, probs: 0.2 }, { n: 10, probs: 0.5 }, { n: 18, probs: 0.7 }], plot: 'mass', values: [0, 18],
    at: { params: { n: 10, probs: 0.3 }, x: [0, 3, 10] },
    says: 'Successes in three groups of unequal size, one chance for all:',
    use: joint('{ p: Spec.beta() }', '({ p }) => ({ y: Dist.binomial({ n: [20, 10, 5], probs: p }) })', '{ p: 0.4, y: [9, 4, 1] }')
  },
  poisson: {
    title: 'Poisson',
    line: 'counts of rare events',
    about: 'Counts of events that happen one by one at a rate: calls, photons, goals. Mean and variance are equal; where counts vary more than that, take a negative binomial.',
    pymc: '`rate` is `mu`; `logRate` is its logarithm, for a regression with a log link.',
    params: { rate: 'mean', logRate: 'its logarithm, instead of `rate`' },
    settings: [{ rate: 1 }, { rate: 4 }, { rate: 10 }], plot: 'mass', values: [0, 18],
    at: { params: { rate: 4 }, x: [0, 4, 10] },
    says: 'Counts by one input, with a log link:',
    use: [
      'const priors = { a: Spec.normal(), b: Spec.normal() }',
      'const model = Model.joint(priors, ({ a, b }, { x }) => ({ y: Dist.poisson({ logRate: pipe(x, Tensor.mul(b), Tensor.add(a)) }) }), { inputs: { x: [null] } })',
      "const [lp] = await orThrow(evaluate([Model.logDensity(model)], { a: 0.5, b: 1, x: [-1, 0, 1], y: [0, 2, 5] }, { gpu: 'reference' }))",
      'lp.data   // ≈ ?'
    ].join('\n')
  },
  negativeBinomial: {
    title: 'Negative binomial',
    line: 'counts that vary more than Poisson ones',
    about: 'Overdispersed counts: a Poisson whose rate is itself gamma distributed, as where some customers, patients or words are busier than others. A large `alpha` gives a Poisson.',
    pymc: '`mu` and `alpha` as there; there is no `n`, `p` form: take alpha = n, mu = n (1 - p) / p.',
    params: { mu: 'mean', alpha: 'the smaller, the more spread: the variance is mu + mu^2 / alpha' },
    settings: [{ mu: 5, alpha: 1 }, { mu: 5, alpha: 4 }, { mu: 5, alpha: 50 }], plot: 'mass', values: [0, 18],
    at: { params: { mu: 5, alpha: 2 }, x: [0, 5, 20] },
    says: 'Counts with unknown spread:',
    use: joint('{ mu: Spec.exponential({ lam: 0.2 }), alpha: Spec.gamma({ alpha: 2, beta: 0.5 }) }', '({ mu, alpha }) => ({ y: Dist.negativeBinomial({ mu, alpha }) })', '{ mu: 4, alpha: 2, y: [0, 3, 11] }')
  },
  zeroInflatedPoisson: {
    title: 'Zero-inflated Poisson',
    line: 'Poisson counts with extra zeros',
    about: 'Counts with more zeros than a Poisson gives, because some rows can\'t have any: visits of people who never go, fish of parties that didn\'t fish. `Dist.zeroInflated({ of, gate })` makes it from a Poisson.',
    pymc: inflatedNote,
    params: { gate, rate: 'mean of the Poisson part', logRate: 'its logarithm, instead of `rate`' },
    settings: [{ gate: 0.1, rate: 4 }, { gate: 0.4, rate: 4 }, { gate: 0.4, rate: 9 }], plot: 'mass', values: [0, 18],
    at: { params: { gate: 0.3, rate: 4 }, x: [0, 1, 4] },
    says: 'Share of structural zeros and rate, both unknown:',
    use: joint('{ gate: Spec.beta(), rate: Spec.gamma({ alpha: 2, beta: 0.5 }) }', '({ gate, rate }) => ({ y: Dist.zeroInflated({ of: Dist.poisson({ rate }), gate }) })', '{ gate: 0.3, rate: 4, y: [0, 0, 3, 5] }')
  },
  zeroInflatedBinomial: {
    title: 'Zero-inflated binomial',
    line: 'binomial counts with extra zeros',
    about: 'Successes out of `n` tries where some rows can\'t succeed at all: seeds that are dead, sites where a species is absent. `Dist.zeroInflated({ of, gate })` makes it from a binomial.',
    pymc: inflatedNote,
    params: { gate, n: 'number of tries', probs: 'probability of success in the binomial part', logits: 'its log odds, instead of `probs`' },
    settings: [{ gate: 0.1, n: 10, probs: 0.5 }, { gate: 0.4, n: 10, probs: 0.5 }, { gate: 0.2, n: 18, probs: 0.7 }], plot: 'mass', values: [0, 18],
    at: { params: { gate: 0.3, n: 5, probs: 0.6 }, x: [0, 3, 5] },
    says: 'Occupied sites and the chance of detection, five visits each:',
    use: joint('{ absent: Spec.beta(), p: Spec.beta() }', '({ absent, p }) => ({ seen: Dist.zeroInflatedBinomial({ gate: absent, n: 5, probs: p }) })', '{ absent: 0.4, p: 0.6, seen: [0, 3, 0, 4] }')
  },
  zeroInflatedNegativeBinomial: {
    title: 'Zero-inflated negative binomial',
    line: 'overdispersed counts with extra zeros',
    about: 'Overdispersed counts with structural zeros on top. Both a small `alpha` and a `gate` make zeros, so data must be many to tell them apart. `Dist.zeroInflated({ of, gate })` makes it from a negative binomial.',
    pymc: inflatedNote,
    params: { gate, mu: 'mean of the negative binomial part', alpha: 'the smaller, the more spread: the variance of that part is mu + mu^2 / alpha' },
    settings: [{ gate: 0.1, mu: 6, alpha: 4 }, { gate: 0.4, mu: 6, alpha: 4 }, { gate: 0.4, mu: 6, alpha: 1 }], plot: 'mass', values: [0, 18],
    at: { params: { gate: 0.3, mu: 5, alpha: 2 }, x: [0, 1, 8] },
    says: 'All three parameters unknown:',
    use: joint('{ gate: Spec.beta(), mu: Spec.exponential({ lam: 0.2 }), alpha: Spec.gamma({ alpha: 2, beta: 0.5 }) }', '({ gate, mu, alpha }) => ({ y: Dist.zeroInflatedNegativeBinomial({ gate, mu, alpha }) })', '{ gate: 0.3, mu: 5, alpha: 2, y: [0, 0, 4, 9] }')
  }
}

/** The groups of the index, in its order: families by name. */
export const groups = [
  { title: 'The real line', families: real },
  { title: 'Positive numbers', families: positive },
  { title: 'Between bounds', families: bounded },
  { title: 'Mixtures', families: mixtures },
  { title: 'Vectors and matrices', families: vectors },
  { title: 'Whole numbers', families: whole }
]

/** What is said of every family, by name. */
export const entries = Object.assign({}, ...groups.map((g) => g.families))

/** Sources that densities name in short. */
export const references = {
  'Loader 2000': 'C. Loader, "Fast and accurate computation of binomial probabilities", 2000.',
  'Azzalini 1985': 'A. Azzalini, "A class of distributions which includes the normal ones", Scandinavian Journal of Statistics 12, 1985.',
  'McCullagh 1980': 'P. McCullagh, "Regression models for ordinal data", Journal of the Royal Statistical Society B 42, 1980.',
  'Blundell et al. 2015': 'C. Blundell, J. Cornebise, K. Kavukcuoglu, D. Wierstra, "Weight uncertainty in neural networks", ICML 2015.',
  'Lewandowski et al. 2009': 'D. Lewandowski, D. Kurowicka, H. Joe, "Generating random correlation matrices based on vines and extended onion method", Journal of Multivariate Analysis 100, 2009.'
}

/** Maps from the reals: the value of u, and log |dx / du|. */
export const bijectors = {
  Identity: { x: 'x = u', log: '0' },
  Exp: { x: 'x = exp(u)', log: 'u' },
  Sigmoid: { x: 'x = 1 / (1 + exp(-u))', log: '-softplus(u) - softplus(-u)' },
  Interval: { x: 'x = lower + (upper - lower) / (1 + exp(-u))', log: 'log(upper - lower) - softplus(u) - softplus(-u)' },
  LowerBound: { x: 'x = lower + exp(u)', log: 'u' },
  UpperBound: { x: 'x = upper - exp(u)', log: 'u' },
  StickBreaking: {
    x: 'x[i] = r[i] / (1 + exp(-v[i])) with v[i] = u[i] - log(k - i) and r[i] = 1 - x[1] - ... - x[i - 1], for i = 1 ... k - 1; x[k] is what is left',
    log: 'sum over i < k of log r[i] - softplus(v[i]) - softplus(-v[i])',
    more: 'k numbers from k - 1; u = 0 gives equal shares.'
  },
  CholeskyCorr: {
    x: 'L[i, j] = z[i, j] r[i, j] below the diagonal, with z = tanh(u) and r[i, j]^2 = prod over m < j of (1 - z[i, m]^2); L[i, i] = r[i, i]',
    log: 'sum over j < i of log(1 - z[i, j]^2) + log r[i, j]',
    more: 'A [k, k] matrix from k (k - 1) / 2 numbers; u = 0 gives the identity.'
  },
  Ordered: { x: 'x[1] = u[1], x[i] = x[i - 1] + exp(u[i])', log: 'sum over i > 1 of u[i]', more: 'Neighbours are exp(u) apart.' }
}
