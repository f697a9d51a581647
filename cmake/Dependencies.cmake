# Libraries, found by pkg-config and carried by as_dependencies; as_allocator is jemalloc for whatever is executed.
find_package(Threads REQUIRED)
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
    message(FATAL_ERROR "pkg-config was not found: run `./dev install-deps`.")
endif()

add_library(as_dependencies INTERFACE)
target_link_libraries(as_dependencies INTERFACE Threads::Threads m)

set(missing "")

# as_require(TARGET MODULES...): link the first of the pkg-config modules that exists. Distributions differ in names.
function(as_require target)
    list(GET ARGN 0 key)
    string(MAKE_C_IDENTIFIER "AS_PKG_${key}" key)
    pkg_search_module(${key} IMPORTED_TARGET ${ARGN})
    if(${key}_FOUND)
        target_link_libraries(${target} INTERFACE PkgConfig::${key})
    else()
        list(JOIN ARGN " or " names)
        list(APPEND missing ${names})
        set(missing ${missing} PARENT_SCOPE)
    endif()
endfunction()

as_require(as_dependencies libzmq)
as_require(as_dependencies liburing)
as_require(as_dependencies msgpack-c msgpack)
as_require(as_dependencies yaml-0.1)
as_require(as_dependencies zlib)
as_require(as_dependencies libzstd)
as_require(as_dependencies expat)
as_require(as_dependencies libxxhash)
as_require(as_dependencies libssl)
as_require(as_dependencies libcrypto)
as_require(as_dependencies libsodium)
as_require(as_dependencies libutf8proc utf8proc)
as_require(as_dependencies libmicrohttpd)

# wslay comes without a pkg-config module.
find_path(AS_WSLAY_INCLUDE wslay/wslay.h)
find_library(AS_WSLAY_LIBRARY wslay)
if(AS_WSLAY_INCLUDE AND AS_WSLAY_LIBRARY)
    target_include_directories(as_dependencies SYSTEM INTERFACE ${AS_WSLAY_INCLUDE})
    target_link_libraries(as_dependencies INTERFACE ${AS_WSLAY_LIBRARY})
else()
    list(APPEND missing wslay)
endif()

# The sanitizers replace malloc themselves. jemalloc is kept even by a linker that defaults to --as-needed: the tests
# count allocations through its mallctl.
add_library(as_allocator INTERFACE)
if(AS_SANITIZE)
    target_compile_definitions(as_flags INTERFACE AS_NO_JEMALLOC=1)
else()
    add_library(as_jemalloc INTERFACE)
    as_require(as_jemalloc jemalloc)
    target_link_libraries(as_allocator INTERFACE -Wl,--push-state,--no-as-needed as_jemalloc -Wl,--pop-state)
endif()

add_library(as_cmocka INTERFACE)
as_require(as_cmocka cmocka)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # cmocka's fail() and skip() do not return, and gcc is not told so
    target_compile_options(as_cmocka INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer)
endif()

# Only a test compares with it; without it that test says that it is skipped.
add_library(as_libpcap INTERFACE)
pkg_search_module(AS_PKG_libpcap QUIET IMPORTED_TARGET libpcap)
if(AS_PKG_libpcap_FOUND)
    target_link_libraries(as_libpcap INTERFACE PkgConfig::AS_PKG_libpcap)
    target_compile_definitions(as_libpcap INTERFACE AST_HAVE_LIBPCAP=1)
endif()

if(missing)
    list(JOIN missing ", " missing)
    message(FATAL_ERROR "pkg-config does not find: ${missing}. Run `./dev install-deps`.")
endif()
