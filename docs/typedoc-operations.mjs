// For typedoc: what its own rules do not see of the operations. They are constants of a function's type, which it would list as variables; and
// members of a mapped type in Engine, which can hold no comments.

import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const constant of project.getReflectionsByKind(ReflectionKind.Variable)) {
      constant.comment?.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Functions' }]));
    }
    for (const engine of project.getReflectionsByKind(ReflectionKind.Interface)) {
      if (engine.name !== 'Engine') continue;
      for (const operation of engine.children) {
        const same = engine.parent.getChildByName([operation.name]);
        if (operation.hasComment() || same?.comment === undefined) continue;
        const link = { kind: 'inline-tag', tag: '@link', text: same.name, target: same };
        operation.comment = new Comment([
          ...same.comment.clone().summary,
          { kind: 'text', text: ' See ' },
          link,
          { kind: 'text', text: '.' },
        ]);
      }
    }
  });
}
