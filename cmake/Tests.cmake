# Tests are found by name and labelled by folder:
#   tests/{core,feeds,strategies,ipc,apps,bench}/**  unit         tests/system/**  system
#   tests/{replay,golden,stress,soak}/**             that name    tests/lint/*     lint
# test_x.c is an executable with cmocka and every layer; test_x.py and test_x.sh are run as they are. Other files beside
# them are parts of a test. Files in tests/support/ are linked into every C test. Exit status 77 means skipped.

set(candidates $ENV{AFTERSHOCK_PYTHON} /usr/bin/python3 python3)
foreach(candidate IN LISTS candidates)
    execute_process(COMMAND ${candidate} -c "import zmq, msgpack" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(result EQUAL 0)
        set(AS_PYTHON ${candidate})
        break()
    endif()
endforeach()
if(NOT AS_PYTHON)
    set(AS_PYTHON python3)
    message(WARNING "No python3 with zmq and msgpack: tests with a Python subscriber will fail. Run `./dev install-deps`.")
endif()

set(test_environment
    AFTERSHOCK_BIN=${CMAKE_BINARY_DIR} AFTERSHOCK_ROOT=${CMAKE_SOURCE_DIR} AFTERSHOCK_PYTHON=${AS_PYTHON})

# as_test_describe(NAME LABEL): what all tests have in common.
function(as_test_describe name label)
    set(timeout 120)
    if(label MATCHES "system|stress")
        set(timeout 300)
    elseif(label STREQUAL "soak")
        set(timeout 86400)
    endif()
    set_tests_properties(${name} PROPERTIES
        LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} ENVIRONMENT "${test_environment}")
    if(label MATCHES "system|soak")
        # they start daemons and measure: one at a time
        set_tests_properties(${name} PROPERTIES RESOURCE_LOCK daemons)
    elseif(label STREQUAL "stress")
        set_tests_properties(${name} PROPERTIES PROCESSORS 2)
    endif()
endfunction()

# as_test_name(FILE NAME LABEL): tests/core/stats/test_beta.c -> core.stats.beta, unit
function(as_test_name file name label)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR}/tests OUTPUT_VARIABLE path)
    string(REGEX REPLACE "/.*" "" top ${path})
    string(REGEX REPLACE "\\.[a-z]+$" "" path ${path})
    string(REGEX REPLACE "(^|/)test_([^/]*)$" "\\1\\2" path ${path})
    string(REPLACE "/" "." path ${path})
    if(top MATCHES "^(replay|golden|stress|soak|system|lint|fuzz)$")
        set(${label} ${top} PARENT_SCOPE)
    else()
        set(${label} unit PARENT_SCOPE)
    endif()
    set(${name} ${path} PARENT_SCOPE)
endfunction()

if(AS_FUZZ)
    # A target's seeds are in tests/corpus/<noun>/. The test replays them; `./dev fuzz` goes on from there.
    file(GLOB_RECURSE fuzz_sources CONFIGURE_DEPENDS tests/fuzz_*.c)
    foreach(source IN LISTS fuzz_sources)
        get_filename_component(target ${source} NAME_WE)
        string(REGEX REPLACE "^fuzz_" "" noun ${target})
        set(seeds ${CMAKE_SOURCE_DIR}/tests/corpus/${noun})
        add_executable(${target} ${source})
        target_link_libraries(${target} PRIVATE as_apps as_client_static)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
        if(IS_DIRECTORY ${seeds})
            add_test(NAME fuzz.${noun} COMMAND ${target} -runs=0 ${seeds})
        else()
            add_test(NAME fuzz.${noun} COMMAND ${target} -runs=1000 -seed=1)
        endif()
        as_test_describe(fuzz.${noun} fuzz)
    endforeach()
    return()
endif()

# --- C tests -----------------------------------------------------------------------------------------------------------
file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.c)
as_layer(as_test_support SOURCES ${support_sources} LINK as_bench as_cmocka as_libpcap as_client_static)

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS tests/test_*.c)
foreach(source IN LISTS test_sources)
    as_test_name(${source} name label)
    as_program(test.${name} SOURCES ${source} LINK as_test_support)
    set_target_properties(test.${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND test.${name})
    as_test_describe(${name} ${label})
endforeach()

# --- programs that tests run: build/<preset>/tests/<name> ------------------------------------------------------------------
file(GLOB program_sources CONFIGURE_DEPENDS tests/programs/*.c)
foreach(source IN LISTS program_sources)
    get_filename_component(name ${source} NAME_WE)
    as_program(test_program_${name} SOURCES ${source} LINK as_test_support)
    set_target_properties(test_program_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

# --- scripts -----------------------------------------------------------------------------------------------------------
file(GLOB_RECURSE test_scripts CONFIGURE_DEPENDS tests/test_*.py tests/test_*.sh)
foreach(script IN LISTS test_scripts)
    as_test_name(${script} name label)
    add_test(NAME ${name} COMMAND sh ${CMAKE_SOURCE_DIR}/tests/run-script.sh ${script})
    as_test_describe(${name} ${label})
endforeach()

# --- lint: the checks that need nothing but sh and python3; `./dev lint` runs them too, and the big tools ----------------
foreach(check layers memory_order mirror limits size functions private_paths selftest)
    add_test(NAME lint.${check} COMMAND sh ${CMAKE_SOURCE_DIR}/tests/lint/run.sh ${check})
    as_test_describe(lint.${check} lint)
endforeach()
