package dev.mmib.jmh;

import java.util.List;
import java.util.stream.Stream;

/** Every workload, in the order in which they are reported. */
public final class Workloads {

  private Workloads() {}

  public static List<Workload> all() {
    return Stream.of(
            PeakWorkloads.all(),
            OperatorWorkloads.all(),
            BertWorkloads.all(),
            ConvolutionWorkloads.all(),
            ResNetWorkloads.all(),
            CrfWorkloads.all(),
            TextWorkloads.all(),
            PictureWorkloads.all(),
            MmibWorkloads.all(),
            LoadingWorkloads.all())
        .flatMap(List::stream)
        .toList();
  }

  /** Those of a group, or the one of a path; refuses what is none. */
  public static List<Workload> matching(String asked) {
    var found =
        all().stream().filter(w -> w.group().equals(asked) || w.path().equals(asked)).toList();
    if (found.isEmpty()) {
      var groups = all().stream().map(Workload::group).distinct().toList();
      throw new IllegalArgumentException("'" + asked + "' is no workload; groups are " + groups);
    }
    return found;
  }

  /** The one of a group with that name. */
  public static Workload find(String group, String name) {
    return matching(group + "/" + name).get(0);
  }
}
