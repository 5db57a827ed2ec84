package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.Optional;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface PublicationRows extends CrudRepository<PublicationRow, Long> {

  @Query("SELECT * FROM publication ORDER BY version DESC FETCH FIRST 1 ROWS ONLY")
  Optional<PublicationRow> latest();
}
