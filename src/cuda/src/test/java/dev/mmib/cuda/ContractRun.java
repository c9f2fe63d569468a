package dev.mmib.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A program that runs {@link CudaBackendTest}; it ends with 1 unless all of it passed. */
final class ContractRun {

  private ContractRun() {}

  public static void main(String[] args) {
    var request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(CudaBackendTest.class));
    var listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request.build(), listener);
    var summary = listener.getSummary();
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    summary.printFailuresTo(out, 20);
    summary.printTo(out);
    boolean passed =
        summary.getTotalFailureCount() == 0
            && summary.getTestsSucceededCount() > 0
            && summary.getTestsAbortedCount() == 0;
    System.exit(passed ? 0 : 1);
  }
}
