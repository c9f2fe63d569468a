package dev.mmib;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom, over all modules. */
@AnalyzeClasses(packages = "dev.mmib", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule devicesAreFoundNotImported =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.mmib.cpu..", "dev.mmib.nd4j..", "dev.mmib.cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.cpu..", "dev.mmib.nd4j..", "dev.mmib.cuda..");

  @ArchTest
  static final ArchRule cpuDoesNotKnowNd4j =
      noClasses()
          .that()
          .resideInAPackage("dev.mmib.cpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.mmib.nd4j..");

  @ArchTest
  static final ArchRule cudaKnowsTheEngineAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.mmib.cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.mmib.cpu..",
              "dev.mmib.nd4j..",
              "dev.mmib.tensor..",
              "dev.mmib.op..",
              "dev.mmib.model..",
              "dev.mmib.nn..");

  @ArchTest
  static final ArchRule jcudaStaysInItsModule =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.mmib.cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  @ArchTest
  static final ArchRule nativesStayInTheirModules =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.mmib.cpu..", "dev.mmib.nd4j..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco..", "org.nd4j..");

  @ArchTest
  static final ArchRule nd4jStaysInItsModule =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.mmib.nd4j..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.nd4j..");

  @ArchTest
  static final ArchRule theLibraryDoesNotKnowTheCommand =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.mmib.cli..", "dev.mmib.demo..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.cli..", "dev.mmib.demo..", "picocli..", "ch.qos.logback..");

  @ArchTest
  static final ArchRule modelsDoNotKnowTraining =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.mmib.model..", "dev.mmib.nn..", "dev.mmib.bert..", "dev.mmib.resnet..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.train..", "dev.mmib.predict..", "dev.mmib.score..");

  @ArchTest
  static final ArchRule layersDoNotKnowModels =
      noClasses()
          .that()
          .resideInAnyPackage("dev.mmib.nn..", "dev.mmib.op..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.model..", "dev.mmib.data..", "dev.mmib.io..");

  @ArchTest
  static final ArchRule dataIsPlainJavaOverArrays =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.mmib.data..", "dev.mmib.text..", "dev.mmib.image..", "dev.mmib.score..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.tensor..", "dev.mmib.op..", "dev.mmib.backend..");

  @ArchTest
  static final ArchRule predictionDoesNotKnowTraining =
      noClasses()
          .that()
          .resideInAPackage("dev.mmib.predict..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.mmib.train..");

  @ArchTest
  static final ArchRule onlyTheCommandKnowsTheConverter =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.mmib.convert..", "dev.mmib.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.mmib.convert..");

  @ArchTest
  static final ArchRule theConverterNeitherTrainsNorChoosesADevice =
      noClasses()
          .that()
          .resideInAPackage("dev.mmib.convert..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.mmib.train..", "dev.mmib.predict..", "dev.mmib.score..")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("dev.mmib.backend.Device");

  @ArchTest
  static final ArchRule onlyTheCommandPrints =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.mmib.cli..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule nothingIsDeserializedByJava =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");

  @ArchTest
  static final ArchRule nothingTouchesTheNetwork =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching("java\\.net\\.(Socket|URLConnection|HttpURLConnection|http\\..*)");
}
