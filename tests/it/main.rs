//! One binary of integration tests over real sockets.
