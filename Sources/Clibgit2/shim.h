#include <git2.h>
// libgit2's own dependency: see Reconciler/Source/LooseObject.swift.
#include <zlib.h>

// `git_libgit2_opts` is variadic, which Swift cannot call.

static inline int shim_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int shim_git_set_timeouts(int connect_milliseconds, int server_milliseconds) {
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 7
    int error = git_libgit2_opts(GIT_OPT_SET_SERVER_CONNECT_TIMEOUT, connect_milliseconds);
    return error < 0 ? error : git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, server_milliseconds);
#else
    (void)connect_milliseconds;
    (void)server_milliseconds;
    return 0;
#endif
}

// `inflateInit` is a macro.
static inline int shim_inflate_init(z_stream *stream) {
    return inflateInit(stream);
}
