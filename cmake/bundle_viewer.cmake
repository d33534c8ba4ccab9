# cmake -DFOLDER=src/server/viewer -DOUTPUT=viewer_texts.cpp [-DTEXTS=FOLDER] -P bundle_viewer.cmake
#
# Makes one C++ source out of the viewer's files, which defines what server/viewer_texts.hpp declares;
# TEXTS is a folder that gets the same three texts as files, for tests.
#
#   index.html          as it is
#   style/order.txt     names the style sheets beside it, one in a line; they are put together
#   main.js             and the ES modules that it imports: one script without imports
#
# A module is wrapped in a function that returns its exports, behind the modules that it imports:
#
#   const m_model_reducer = (() => { const { a, b: c } = m_model_trace; …; return { d }; })();
#
# So that this is right, a module has its imports at the top, all of the form
# `import { a, b as c } from "./x.js";`, and says `export` only where a function, an async function,
# a class or a const is declared, at the beginning of a line. Everything else is refused, with file
# and line: default exports, dynamic imports, top-level await, cycles, unknown modules and names.
cmake_minimum_required(VERSION 3.25)

set(identifier "[A-Za-z_$][A-Za-z0-9_$]*")
set(blank "[ \t\n]*")

# fail(<file> <line> <text>)
function(fail file line text)
  message(FATAL_ERROR "${file}:${line}: ${text}")
endfunction()

# line_of(<out> <text> <place>): the line in which this place, in bytes, lies.
function(line_of out text place)
  string(SUBSTRING "${text}" 0 ${place} before)
  string(REGEX MATCHALL "\n" ends "${before}")
  list(LENGTH ends line)
  math(EXPR line "${line} + 1")
  set(${out} ${line} PARENT_SCOPE)
endfunction()

# refuse(<file> <text> <regex> <why>): the regex must match nowhere. It begins behind a line end or
# any other character that is no part of what is found; the text begins with a line end.
function(refuse file text regex why)
  string(REGEX MATCH "${regex}" found "${text}")
  if(found STREQUAL "")
    return()
  endif()
  string(FIND "${text}" "${found}" place)
  if(NOT found MATCHES "^\n" AND place GREATER 0)
    math(EXPR place "${place} - 1")  # the line end that was put before the text
  endif()
  string(SUBSTRING "${text}" 1 -1 text)
  line_of(line "${text}" ${place})
  fail("${file}" ${line} "${why}")
endfunction()

# read_text(<out> <file>): a text file of FOLDER, with a line end behind its last line.
function(read_text out file)
  if(NOT EXISTS "${FOLDER}/${file}")
    message(FATAL_ERROR "${FOLDER}: there is no ${file}")
  endif()
  file(READ "${FOLDER}/${file}" text)
  refuse("${file}" "\n${text}" "\r" "has a carriage return within a line")
  refuse("${file}" "\n${text}" "\\)viewer\"" "has )viewer\", which would end the C++ string")
  if(NOT text MATCHES "\n$")
    string(APPEND text "\n")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# --- modules ----------------------------------------------------------------------------------

# variable_of(<out> <path>): the name that a module has in the bundle.
function(variable_of out path)
  string(REGEX REPLACE "\\.js$" "" name "${path}")
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" name "${name}")
  set(${out} "m_${name}" PARENT_SCOPE)
endfunction()

# take_blank(<text variable> <line variable>): takes spaces, line ends and comments off its beginning.
function(take_blank text_variable line_variable)
  set(text "${${text_variable}}")
  set(line ${${line_variable}})
  while(TRUE)
    string(REGEX MATCH "^[ \t\n]+|^//[^\n]*\n" taken "${text}")
    if(taken STREQUAL "" AND text MATCHES "^/\\*")
      string(FIND "${text}" "*/" end)
      math(EXPR end "${end} + 2")
      string(SUBSTRING "${text}" 0 ${end} taken)
    endif()
    if(taken STREQUAL "")
      break()
    endif()
    string(LENGTH "${taken}" length)
    string(SUBSTRING "${text}" ${length} -1 text)
    string(REGEX MATCHALL "\n" ends "${taken}")
    list(LENGTH ends count)
    math(EXPR line "${line} + ${count}")
  endwhile()
  set(${text_variable} "${text}" PARENT_SCOPE)
  set(${line_variable} ${line} PARENT_SCOPE)
endfunction()

# check_body(<file> <first line> <body>): that nothing is left that would mean something else in a function.
function(check_body file first body)
  # Lines before the body, so that the lines that are named are those of the file.
  math(EXPR count "${first} - 1")
  string(REPEAT "\n" ${count} before)
  set(text "\n${before}${body}")
  refuse("${file}" "${text}" "\n[ \t]*import([ \t]+[A-Za-z_$]|[ \t]*[\"'{*])"
    "an import must stand at the top of the module and be of the form: import { a, b as c } from \"./x.js\";")
  refuse("${file}" "${text}" "[^A-Za-z0-9_$.]import[ \t]*\\(" "a dynamic import cannot be bundled")
  refuse("${file}" "${text}" "[^A-Za-z0-9_$.]import\\.meta" "import.meta cannot be bundled")
  refuse("${file}" "${text}" "\n(await|for await)[^A-Za-z0-9_$]" "await cannot stand at the top of a module")
  refuse("${file}" "${text}" "\n(const|let|var)[^\n]*=[ \t]*await[^A-Za-z0-9_$]"
    "await cannot stand at the top of a module")
  string(REGEX REPLACE
    "\nexport (const ${identifier}|class ${identifier}|(async )?function *\\*? *${identifier})" "\n" rest "${text}")
  refuse("${file}" "${rest}" "\n[ \t]*export[ \t]+default"
    "there are no default exports here: give it a name")
  refuse("${file}" "${rest}" "\n[ \t]*export[ \t{*]"
    "export only where a function, an async function, a class or a const of one name is declared, at the beginning of a line")
  refuse("${file}" "${text}" "</[sS][cC][rR][iI][pP][tT]" "has </script, which would end the script in an exported file")
  refuse("${file}" "${text}" "<!--" "has <!--, which means something else in an exported file")
endfunction()

# visit(<path> <file that imports it> <line>): appends a module, behind those that it imports, to the bundle.
function(visit path importer importer_line)
  get_property(state GLOBAL PROPERTY "state of ${path}")
  if(state STREQUAL "done")
    return()
  endif()
  get_property(chain GLOBAL PROPERTY chain)
  if(state STREQUAL "open")
    list(APPEND chain "${path}")
    list(FIND chain "${path}" begin)
    list(SUBLIST chain ${begin} -1 cycle)
    list(JOIN cycle " -> " shown)
    fail("${importer}" ${importer_line} "the imports go in a cycle: ${shown}")
  endif()
  if(NOT EXISTS "${FOLDER}/${path}" OR path MATCHES "^\\.\\./")
    fail("${importer}" ${importer_line} "there is no module ${path}")
  endif()
  variable_of(variable "${path}")
  get_property(other GLOBAL PROPERTY "module called ${variable}")
  if(other)
    fail("${path}" 1 "in the bundle its name would be that of ${other}: rename one of the two")
  endif()
  set_property(GLOBAL PROPERTY "module called ${variable}" "${path}")
  set_property(GLOBAL PROPERTY "state of ${path}" open)
  set_property(GLOBAL APPEND PROPERTY chain "${path}")

  read_text(body "${path}")
  set(line 1)
  take_blank(body line)
  set(imports "")
  while(body MATCHES "^import[ \t\n{]")
    string(REGEX MATCH
      "^import${blank}{([^{}]*)}${blank}from${blank}\"(\\.\\.?/[^\"\n]*)\"[ \t]*;[ \t]*(//[^\n]*)?\n" statement "${body}")
    if(statement STREQUAL "")
      fail("${path}" ${line} "an import must be of the form: import { a, b as c } from \"./x.js\";")
    endif()
    set(names "${CMAKE_MATCH_1}")
    set(target "${CMAKE_MATCH_2}")
    get_filename_component(here "${path}" DIRECTORY)
    cmake_path(APPEND here "${target}")
    cmake_path(NORMAL_PATH here)
    visit("${here}" "${path}" ${line})
    variable_of(source "${here}")
    add_names(imports "${path}" ${line} "${names}" "${here}" ${source})

    string(LENGTH "${statement}" length)
    string(SUBSTRING "${body}" ${length} -1 body)
    string(REGEX MATCHALL "\n" ends "${statement}")
    list(LENGTH ends count)
    math(EXPR line "${line} + ${count}")
    take_blank(body line)
  endwhile()

  check_body("${path}" ${line} "${body}")
  string(REGEX MATCHALL "\nexport [^\n(={]*" declared "\n${body}")
  set(exports "")
  foreach(declaration IN LISTS declared)
    string(REGEX REPLACE "^\nexport (const|class|function|async function) *\\*? *(${identifier}).*$" "\\2" name
      "${declaration}")
    list(APPEND exports "${name}")
  endforeach()
  string(REGEX REPLACE "\nexport (const|class|function|async)" "\n\\1" body "\n${body}")
  list(JOIN exports ", " returned)
  set_property(GLOBAL PROPERTY "exports of ${path}" "${exports}")
  set_property(GLOBAL APPEND_STRING PROPERTY bundle
    "const ${variable} = (() => {  // ${path}\n${imports}${body}return { ${returned} };\n})();\n")
  set_property(GLOBAL PROPERTY "state of ${path}" done)
  get_property(chain GLOBAL PROPERTY chain)
  list(POP_BACK chain)
  set_property(GLOBAL PROPERTY chain "${chain}")
endfunction()

# add_names(<out> <file> <line> <names> <module> <variable>): `const { a, b: c } = variable;` for an import.
function(add_names out file line names module variable)
  string(REGEX REPLACE "//[^\n]*" "" names "${names}")
  string(REPLACE "," ";" names "${names}")
  get_property(exports GLOBAL PROPERTY "exports of ${module}")
  set(taken "")
  foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    if(name STREQUAL "")
      continue()  # behind the last comma
    endif()
    if(NOT name MATCHES "^(${identifier})([ \t\n]+as[ \t\n]+(${identifier}))?$")
      fail("${file}" ${line} "\"${name}\" is no name to import")
    endif()
    set(wanted "${CMAKE_MATCH_1}")
    set(local "${CMAKE_MATCH_3}")
    if(NOT wanted IN_LIST exports)
      fail("${file}" ${line} "${module} exports no ${wanted}")
    endif()
    if(local STREQUAL "" OR local STREQUAL wanted)
      list(APPEND taken "${wanted}")
    else()
      list(APPEND taken "${wanted}: ${local}")
    endif()
  endforeach()
  list(JOIN taken ", " shown)
  set(${out} "${${out}}const { ${shown} } = ${variable};\n" PARENT_SCOPE)
endfunction()

# --- styles -----------------------------------------------------------------------------------

# read_styles(<out>): the style sheets in the order of style/order.txt, which must name all of them.
function(read_styles out)
  read_text(order style/order.txt)
  string(REGEX REPLACE "\n+$" "" order "${order}")
  string(REPLACE "\n" ";" names "${order}")
  set(styles "")
  set(line 0)
  foreach(name IN LISTS names)
    math(EXPR line "${line} + 1")
    if(NOT EXISTS "${FOLDER}/style/${name}")
      fail("style/order.txt" ${line} "there is no style/${name}")
    endif()
    read_text(text "style/${name}")
    refuse("style/${name}" "\n${text}" "</[sS][tT][yY][lL][eE]" "has </style, which would end the styles in an exported file")
    refuse("style/${name}" "\n${text}" "@import" "@import cannot be bundled: name the file in style/order.txt")
    string(APPEND styles "${text}")
  endforeach()
  file(GLOB there RELATIVE "${FOLDER}/style" "${FOLDER}/style/*.css")
  foreach(name IN LISTS there)
    if(NOT name IN_LIST names)
      message(FATAL_ERROR "style/order.txt does not name ${name}")
    endif()
  endforeach()
  set(${out} "${styles}" PARENT_SCOPE)
endfunction()

# --- the C++ source ---------------------------------------------------------------------------

# add_pieces(<out> <name> <text>): a function that gives the text, in pieces that every compiler takes.
function(add_pieces out name text)
  set(pieces "")
  string(LENGTH "${text}" left)
  while(left GREATER 0)
    set(size 30000)
    if(left GREATER size)
      string(SUBSTRING "${text}" 0 ${size} piece)
      string(FIND "${piece}" "\n" size REVERSE)
      math(EXPR size "${size} + 1")
      if(size EQUAL 0)
        message(FATAL_ERROR "${name} has a line of more than 30000 bytes")
      endif()
    else()
      set(size ${left})
    endif()
    string(SUBSTRING "${text}" 0 ${size} piece)
    string(SUBSTRING "${text}" ${size} -1 text)
    math(EXPR left "${left} - ${size}")
    string(APPEND pieces "    R\"viewer(${piece})viewer\"sv,\n")
  endwhile()
  set(${out} "${${out}}
constexpr std::string_view ${name}_pieces[] = {
${pieces}};

std::span<const std::string_view> ${name}_text() { return ${name}_pieces; }
" PARENT_SCOPE)
endfunction()

read_text(html index.html)
read_styles(css)
if(NOT EXISTS "${FOLDER}/main.js")
  message(FATAL_ERROR "${FOLDER}: there is no main.js")
endif()
visit(main.js main.js 1)
get_property(bundle GLOBAL PROPERTY bundle)
set(js "\"use strict\";\n${bundle}")

set(source "// Made by cmake/bundle_viewer.cmake.
#include \"server/viewer_texts.hpp\"

namespace strandbus::detail {

using namespace std::string_view_literals;  // a length that no compiler has to count
")
add_pieces(source viewer_html "${html}")
add_pieces(source viewer_css "${css}")
add_pieces(source viewer_js "${js}")
string(APPEND source "\n}  // namespace strandbus::detail\n")
file(WRITE "${OUTPUT}" "${source}")
if(TEXTS)
  file(WRITE "${TEXTS}/index.html" "${html}")
  file(WRITE "${TEXTS}/viewer.css" "${css}")
  file(WRITE "${TEXTS}/viewer.js" "${js}")
endif()
