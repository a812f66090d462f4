/**
 * The public face of networks. Import it as a namespace: `Layer.dense({ units: 10 })`
 * is a function from network to network.
 *
 * A network is a value: it can be passed on, branched and edited, ill-shaped or not;
 * its errors come out when a model is made of it.
 *
 * @since 0.1.0
 */
export type { Layer, LayerNode, Network, Place, Rule } from './network.ts'
export { isNetwork, parallel, sequential } from './network.ts'
export type { Applied, Given, Need, Plan, StateNeed } from './plan.ts'
export { plain } from './plan.ts'
export type { OptionalWeight, ParamValue, Slot, Weight } from './param.ts'
export type { Activation, ActivationName } from './activation.ts'
export { activationNames } from './activation.ts'
export type { Definition } from './make.ts'
export { begin, joining, unary, unaryOr } from './make.ts'
export type { InputOptions } from './input.ts'
export { input } from './input.ts'
export type { Conv2dConfig, Padding } from './conv.ts'
export { conv2d } from './conv.ts'
export type { AvgPool2dConfig, MaxPool2dConfig } from './pool.ts'
export { avgPool2d, maxPool2d } from './pool.ts'
export type { DenseConfig } from './dense.ts'
export { dense } from './dense.ts'
export type { Axis, FlattenConfig, ReshapeConfig } from './shape.ts'
export { flatten, reshape } from './shape.ts'
export type { AddConfig, ConcatConfig } from './merge.ts'
export { add, concat, residual } from './merge.ts'
export { activation, activation as nonlinearity } from './nonlinear.ts'
export type { Defaults } from './defaults.ts'
export { withDefaultSpec } from './defaults.ts'
export type { Elaborated, LayerInfo, ParamInfo } from './elaborate.ts'
export { elaborate } from './elaborate.ts'
