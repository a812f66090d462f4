// TypeDoc tells curried functions made by others, `const sub = flip2(...)`, among the variables. Here all that can be
// called stand together, in one alphabet.
import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc'

export const load = (app) => {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const r of project.getReflectionsByKind(ReflectionKind.Variable))
      if (r.type?.type === 'reflection' && r.type.declaration.signatures !== undefined)
        (r.comment ??= new Comment()).blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Functions' }]))
  })
}
