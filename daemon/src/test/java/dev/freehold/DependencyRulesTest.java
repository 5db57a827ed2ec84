package dev.freehold;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keeps the daemon's packages pointing one way; only the start-up sees everything. */
class DependencyRulesTest {

  private static JavaClasses daemon;

  @BeforeAll
  static void read() {
    daemon =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("dev.freehold");
  }

  /** Each package, and the packages of ours that it may use beside itself and the bundle's. */
  @ParameterizedTest
  @CsvSource({
    "inference, ''",
    "locality, ''",
    "llama, ''",
    "engine, 'llama'",
    "chat, 'engine llama inference'",
    "provider, 'chat engine llama inference locality'",
    "detection, 'inference'",
    "routing, 'provider inference locality detection limits receipts'",
    "store, ''",
    "limits, 'inference store'",
    "observability, ''",
    "api, 'routing provider inference limits receipts store observability abuse'",
    "abuse, 'inference'",
    "identity, ''",
    "models, ''",
    "sync, 'identity store models abuse'",
    "receipts, 'identity'",
    "bundle, ''",
  })
  void packageUsesOnlyWhatIsBeneathIt(String name, String beneath) {
    List<String> allowed =
        Stream.of((name + " bundle " + beneath).strip().split(" +", -1))
            .map(part -> "dev.freehold." + part + "..")
            .toList();
    DescribedPredicate<JavaClass> ours = resideInAnyPackage("dev.freehold..");
    DescribedPredicate<JavaClass> fine = resideInAnyPackage(allowed.toArray(String[]::new));
    noClasses()
        .that()
        .resideInAPackage("dev.freehold." + name + "..")
        .should()
        .dependOnClassesThat(ours.and(DescribedPredicate.not(fine)))
        .allowEmptyShould(true)
        .check(daemon);
  }

  @Test
  void nobodyUsesJdbc() {
    noClasses()
        .that()
        .resideInAPackage("dev.freehold..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..")
        .check(daemon);
  }

  @Test
  void onlyTheStoreKnowsTheDatabase() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.freehold.store..", "dev.freehold.controller..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.r2dbc..", "io.micronaut.data..", "reactor..", "org.h2..")
        .check(daemon);
  }

  @Test
  void engineKnowsNeitherHttpNorJson() {
    noClasses()
        .that()
        .resideInAPackage("dev.freehold.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.helidon..", "com.fasterxml..", "java.net..")
        .allowEmptyShould(true)
        .check(daemon);
  }

  @Test
  void nativeCallsStayInTheBinding() {
    classes()
        .that()
        .resideInAPackage("dev.freehold..")
        .and()
        .resideOutsideOfPackages("dev.freehold.llama..", "dev.freehold.lifecycle..")
        .should()
        .onlyDependOnClassesThat(DescribedPredicate.not(assignableTo("java.lang.foreign.Linker")))
        .check(daemon);
  }
}
