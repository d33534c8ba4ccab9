# cmake -DBUNDLER=… -DFOLDER=… -P viewer_bundle_test.cmake
# What the bundler makes of good modules, and what it says of bad ones. FOLDER is emptied.

# begin(): a viewer that can be bundled, for the next case to change.
macro(begin)
  file(REMOVE_RECURSE "${FOLDER}")
  file(WRITE "${FOLDER}/in/index.html" "<!doctype html>\n<title>;[x] \\n</title>\n")
  file(WRITE "${FOLDER}/in/style/order.txt" "b.css\na.css\n")
  file(WRITE "${FOLDER}/in/style/a.css" "a { margin: 0; }\n")
  file(WRITE "${FOLDER}/in/style/b.css" "b { content: \"\\2014;[\"; }")
  file(WRITE "${FOLDER}/in/model/x.js" "export const a = 1;\n")
  file(WRITE "${FOLDER}/in/main.js" "import { a } from \"./model/x.js\";\na;\n")
endmacro()

# bundle(): runs the bundler; sets result and said.
macro(bundle)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${FOLDER}/in" "-DOUTPUT=${FOLDER}/out/texts.cpp" "-DTEXTS=${FOLDER}/out" -P "${BUNDLER}"
    RESULT_VARIABLE result ERROR_VARIABLE said OUTPUT_QUIET)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")  # messages are wrapped
endmacro()

function(expect_text file expected)
  file(READ "${FOLDER}/out/${file}" text)
  if(NOT text STREQUAL expected)
    message(SEND_ERROR "${file} is:\n${text}\nexpected:\n${expected}")
  endif()
endfunction()

# refuses(<file> <content> <what is said>): this content of one file.
function(refuses file content expected)
  begin()
  file(WRITE "${FOLDER}/in/${file}" "${content}")
  bundle()
  string(FIND "${said}" "${expected}" found)
  if(result EQUAL 0 OR found EQUAL -1)
    message(SEND_ERROR "With ${file}:\n${content}\nthe bundler ended with ${result} and said:\n${said}\nexpected: ${expected}")
  endif()
endfunction()

# --- what is good -----------------------------------------------------------------------------

begin()
file(WRITE "${FOLDER}/in/model/x.js" [=[
/* import in a
   comment */
// import more
import { deep } from "../deep.js";  // and behind one

export const a = `${deep}; [${1}] \n`;
export function b() { return "export default;"; }
export async function c() { await b(); }
export function* d() { yield 1; }
export class E extends Object {
  important = 1;  // import
}
const object = { import: 1, exports: 2 };
]=])
file(WRITE "${FOLDER}/in/deep.js" "export const deep = [1, 2];\nexport const $_2 = deep;")
file(WRITE "${FOLDER}/in/main.js" [=[
import {
  a, b as other,
  E,  // the class
} from "./model/x.js";
import{deep}from"./deep.js";
import {} from "./view/only-effects.js";
other(a, E, deep);
]=])
file(WRITE "${FOLDER}/in/view/only-effects.js" "globalThis.x = 1;\n")
bundle()
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the bundler refuses what is good: ${said}")
endif()
expect_text(index.html "<!doctype html>\n<title>;[x] \\n</title>\n")
expect_text(viewer.css "b { content: \"\\2014;[\"; }\na { margin: 0; }\n")
expect_text(viewer.js [=[
"use strict";
const m_deep = (() => {  // deep.js

const deep = [1, 2];
const $_2 = deep;
return { deep, $_2 };
})();
const m_model_x = (() => {  // model/x.js
const { deep } = m_deep;

const a = `${deep}; [${1}] \n`;
function b() { return "export default;"; }
async function c() { await b(); }
function* d() { yield 1; }
class E extends Object {
  important = 1;  // import
}
const object = { import: 1, exports: 2 };
return { a, b, c, d, E };
})();
const m_view_only_effects = (() => {  // view/only-effects.js

globalThis.x = 1;
return {  };
})();
const m_main = (() => {  // main.js
const { a, b: other, E } = m_model_x;
const { deep } = m_deep;
const {  } = m_view_only_effects;

other(a, E, deep);
return {  };
})();
]=])
file(READ "${FOLDER}/out/texts.cpp" source)
foreach(text IN ITEMS "R\"viewer(<!doctype html>" "std::span<const std::string_view> viewer_js_text()" "`\${deep}; [\${1}] \\n`;")
  string(FIND "${source}" "${text}" found)
  if(found EQUAL -1)
    message(SEND_ERROR "the source has no ${text}")
  endif()
endforeach()

# A long text is divided at a line end, and nothing of it is lost.
begin()
string(REPEAT "a_line_of_some_length_with_ü;\n" 3000 long)
file(WRITE "${FOLDER}/in/model/x.js" "export const a = 1;\n${long}")
bundle()
file(READ "${FOLDER}/out/texts.cpp" source)
string(REPLACE ")viewer\"sv,\n    R\"viewer(" "" joined "${source}")
string(FIND "${joined}" "export" exported)
string(FIND "${joined}" "${long}" found)
if(NOT result EQUAL 0 OR found EQUAL -1 OR NOT exported EQUAL -1 OR joined STREQUAL source)
  message(SEND_ERROR "a long text is not divided as it should be: ${said}")
endif()

# --- what is not ------------------------------------------------------------------------------

refuses(main.js "import { a } from \"./model/y.js\";\n" "main.js:1: there is no module model/y.js")
refuses(main.js "\nimport { a } from \"../x.js\";\n" "main.js:2: there is no module ../x.js")
refuses(main.js "// one\nimport { a, z } from \"./model/x.js\";\n" "main.js:2: model/x.js exports no z")
refuses(main.js "import { a b } from \"./model/x.js\";\n" "main.js:1: \"a b\" is no name to import")
refuses(main.js "import a from \"./model/x.js\";\n" "main.js:1: an import must be of the form")
refuses(main.js "import * as x from \"./model/x.js\";\n" "main.js:1: an import must be of the form")
refuses(main.js "import \"./model/x.js\";\n" "main.js:1: an import must")
refuses(main.js "import { a } from \"model/x.js\";\n" "main.js:1: an import must be of the form")
refuses(main.js "import { a } from './model/x.js';\n" "main.js:1: an import must be of the form")
refuses(main.js "import { a } from \"./model/x.js\"; a();\n" "main.js:1: an import must be of the form")
refuses(main.js "let x;\n/* c\n*/\nimport { a } from \"./model/x.js\";\n" "main.js:4: an import must stand at the top")
refuses(main.js "let x;\n  const y = await import(\"./model/x.js\");\n" "main.js:2: a dynamic import")
refuses(main.js "use(import.meta.url);\n" "main.js:1: import.meta")
refuses(main.js "let x;\nawait x;\n" "main.js:2: await cannot stand at the top")
refuses(main.js "const x = await f();\n" "main.js:1: await cannot stand at the top")
refuses(main.js "for await (const x of y) {}\n" "main.js:1: await cannot stand at the top")
refuses(main.js "import { a } from \"./model/x.js\";\n\n\nexport default a;\n" "main.js:4: there are no default exports")
refuses(main.js "const a = 1;\nexport { a };\n" "main.js:2: export only where")
refuses(main.js "export * from \"./model/x.js\";\n" "main.js:1: export only where")
refuses(main.js "export let a = 1;\n" "main.js:1: export only where")
refuses(main.js "export const { a } = b;\n" "main.js:1: export only where")
refuses(main.js "if (x) {\n  export const a = 1;\n}\n" "main.js:2: export only where")
refuses(main.js "const a = 1;\n// </Script>\n" "main.js:2: has </script")
refuses(main.js "x < !--y;\nx <!--y;\n" "main.js:2: has <!--")
refuses(main.js "a;\rb;\n" "main.js:1: has a carriage return")
refuses(main.js "a;\nconst x = \")viewer\"\";\n" "main.js:2: has )viewer\"")
refuses(model/x.js "import { b } from \"./y.js\";\n" "model/x.js:1: there is no module model/y.js")
refuses(model/x.js "import { a } from \"../main.js\";\nexport const a = 1;\n"
  "model/x.js:1: the imports go in a cycle: main.js -> model/x.js -> main.js")
refuses(model/x.js "import { a } from \"./x.js\";\n" "model/x.js:1: the imports go in a cycle: model/x.js -> model/x.js")
refuses(model/x.js "import { a as b } from \"../model_x.js\";\nexport const a = 1;\n" "model/x.js:1: there is no module model_x.js")
refuses(style/order.txt "b.css\nc.css\na.css\n" "style/order.txt:2: there is no style/c.css")
refuses(style/order.txt "b.css\n" "style/order.txt does not name a.css")
refuses(style/a.css "a {}\n@import \"b.css\";\n" "style/a.css:2: @import")
refuses(style/a.css "a {}\n/* </STYLE> */\n" "style/a.css:2: has </style")

begin()
file(WRITE "${FOLDER}/in/model_x.js" "export const a = 2;\n")
file(WRITE "${FOLDER}/in/main.js" "import { a } from \"./model/x.js\";\nimport { a as b } from \"./model_x.js\";\n")
bundle()
if(result EQUAL 0 OR NOT said MATCHES "model_x.js:1: in the bundle its name would be that of model/x.js")
  message(SEND_ERROR "two modules get one name: ${said}")
endif()

foreach(file IN ITEMS index.html main.js style/order.txt)
  begin()
  file(REMOVE "${FOLDER}/in/${file}")
  bundle()
  if(result EQUAL 0 OR NOT said MATCHES "there is no ${file}")
    message(SEND_ERROR "without ${file} the bundler ended with ${result} and said: ${said}")
  endif()
endforeach()
