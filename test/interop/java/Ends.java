/** Ends a client without its idle wait: 5.5.0 joins a thread that looks up from its empty queue every three seconds. */
final class Ends {
    private Ends() {
    }

    static void shutdown(Runnable shutdown) {
        Thread waker = new Thread(() -> {
            while (true) {
                for (Thread thread : Thread.getAllStackTraces().keySet()) {
                    if (thread.getName().startsWith("NettyEventExecutor")) thread.interrupt();
                }
                try {
                    Thread.sleep(50);
                } catch (InterruptedException ended) {
                    return;
                }
            }
        });
        waker.setDaemon(true);
        waker.start();
        shutdown.run();
        waker.interrupt();
    }
}
