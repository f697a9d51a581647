# Compiler and linker flags, carried by the interface library as_flags.
#
# -ffp-contract=off: no fused multiply-add that the source does not spell out, so that every CPU and compiler computes
# the same bits (decisions are compared by hash). -fno-math-errno: sqrt is one instruction.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG")

add_library(as_flags INTERFACE)
target_include_directories(as_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(as_flags INTERFACE _GNU_SOURCE)
target_compile_options(as_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
    -ffp-contract=off -fno-math-errno -fstack-protector-strong)
target_link_options(as_flags INTERFACE -Wl,-z,relro,-z,now)

# Fortified libc calls need optimisation, and the sanitizers bring their own checks. A distribution may have defined
# the macro already: take that back first.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT AS_SANITIZE)
    target_compile_options(as_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# A warning is an error, but not in an instrumented build: gcc sees less there and warns of what the others disprove.
if(NOT AS_SANITIZE)
    target_compile_options(as_flags INTERFACE -Werror)
endif()

# gcc's maybe-uninitialized follows its inlining: at -O1 it reports what full optimisation disproves.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(as_flags INTERFACE -Wno-maybe-uninitialized)
endif()

# What other threads count at the same time must not be lost; what only runs to report a broken promise of ours
# (AS_ASSERT) is no branch that a test could take.
if(AS_COVERAGE)
    target_compile_options(as_flags INTERFACE --coverage -fprofile-update=atomic -fno-inline)
    target_link_options(as_flags INTERFACE --coverage)
endif()

if(AS_NATIVE)
    target_compile_options(as_flags INTERFACE -march=native -g)
endif()

if(AS_SANITIZE)
    target_compile_options(as_flags INTERFACE
        -fsanitize=${AS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(as_flags INTERFACE -fsanitize=${AS_SANITIZE})
endif()

if(AS_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "The fuzz preset needs clang, found ${CMAKE_C_COMPILER_ID}: run `./dev install-deps`.")
    endif()
    target_compile_options(as_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_compile_definitions(as_flags INTERFACE AS_FUZZ=1)
endif()
