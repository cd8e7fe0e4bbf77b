// When the browser has drawn what it has and waits. What reads the layout is done then: earlier, the
// page would be laid out once for it, and again for the reader.
export const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 1000 });
    else setTimeout(resolve, 50);
  });
