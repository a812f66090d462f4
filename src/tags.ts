/**
 * The names of all kinds of errors, for the types alone: a comparison of `_tag` with a
 * name then tells what else an error has. docs/errors.md says what is behind each.
 *
 * @since 0.5.0
 */

/** The kind of an error of Gelato. Rules of users may have others. */
export type ErrorTag =
  | 'Aborted' | 'BadArray' | 'BadBindings' | 'BadFunction' | 'BadHook' | 'BadIndex' | 'BadInit' | 'BadKnob'
  | 'BadLabel' | 'BadLayer' | 'BadOption' | 'BadProgram' | 'BadShape' | 'BadSplit' | 'BadStart' | 'BadTensorName'
  | 'CannotDraw' | 'CannotRead' | 'CannotWrite' | 'Captured' | 'CheckLikelihood' | 'CompileFailed'
  | 'ConflictingForms' | 'ConflictingInits' | 'ConflictingNames' | 'ConflictingParameter' | 'ConflictingPriors'
  | 'CorruptApproximation' | 'CorruptData' | 'CorruptFile' | 'CorruptGraph' | 'CorruptIdx' | 'CorruptModel'
  | 'CorruptSafetensors' | 'CorruptSpec' | 'DeviceLost' | 'DiscretePrior' | 'Diverged' | 'DuplicateField'
  | 'DuplicateName' | 'EmptyDataset' | 'EmptyProfile' | 'EmptyWeights' | 'FunctionFailed' | 'GpuFault'
  | 'ImproperPrior' | 'InitOnExpression' | 'InstanceBusy' | 'InstanceDestroyed' | 'Internal' | 'LibraryCycle'
  | 'LimitExceeded' | 'LocalLatent' | 'MethodMismatch' | 'MissingData' | 'MissingFeature' | 'MissingField'
  | 'MissingFile' | 'MissingInput' | 'MissingOption' | 'MissingPackage' | 'MissingParameter' | 'MissingParams'
  | 'MissingTag' | 'MissingTensor' | 'MissingValue' | 'MissingWeights' | 'ModelMismatch' | 'NameClash' | 'NoAdapter'
  | 'NoCenter' | 'NoEffect' | 'NoFileSystem' | 'NoGradient' | 'NoInputs' | 'NoJsonForm' | 'NoLatents' | 'NoLikelihood'
  | 'NoSampler' | 'NoStep' | 'NoSuchParameter' | 'NonFinite' | 'NotALayer' | 'NotAModel' | 'NotANetwork'
  | 'NotANumber' | 'NotASpec' | 'NotATensor' | 'NotAnApproximation' | 'NotAnInteger' | 'NotJson' | 'NotLoaded'
  | 'NotScalar' | 'ObserverFailed' | 'OptimizerMismatch' | 'OutOfMemory' | 'OutOfRange' | 'OutOfSupport'
  | 'OutsideDomain' | 'Ragged' | 'RaggedArray' | 'ReplacementMismatch' | 'ReservedName' | 'RowMismatch' | 'RowShape'
  | 'SeveralVariables' | 'ShapeMismatch' | 'SharedConflict' | 'SharedShapes' | 'TiedTooEarly' | 'TooDeep' | 'TooLarge'
  | 'UnboundExtent' | 'UnknownActivation' | 'UnknownCommand' | 'UnknownDType' | 'UnknownFamily' | 'UnknownField'
  | 'UnknownForm' | 'UnknownHook' | 'UnknownKnob' | 'UnknownLayer' | 'UnknownLibrary' | 'UnknownName'
  | 'UnknownObservation' | 'UnknownOption' | 'UnknownParameter' | 'UnknownRole' | 'UnknownSite' | 'UnknownVersion'
  | 'UnmappedTensor' | 'Unsupported' | 'UnsupportedLayer' | 'UnusedVariable'
