"""The words customers read, in Spanish and English: one sentence per event, and names for what events hold.

A sentence is found by the event's type, or by type and the value of the field that makes the difference
(`coverage.assessed:trial`); its placeholders are the event's fields.
"""

MONTHS_ES = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

VARIANTS = {
    "coverage.assessed": "window",
    "case.closed": "closed_as",
    "promise.made": "kind",
    "promise.kept": "kind",
    "promise.broken": "kind",
    "item.received": "at",
    "case.held": "wait",
}

SENTENCES: dict[str, tuple[str, str]] = {
    # what the customer said
    "case.opened": ("Hemos recibido su caso {case_no}.", "We have received your case {case_no}."),
    "case.information_received": ("Ha añadido información.", "You added information."),
    "case.remedy_chosen": ("Ha elegido: {remedy}.", "You chose: {remedy}."),
    "case.human_requested": ("Ha pedido hablar con una persona.", "You asked to speak to a person."),
    "case.resolution_confirmed": ("Ha confirmado que está resuelto.", "You confirmed that it is solved."),
    "case.resolution_denied": ("Ha dicho que no está resuelto.", "You said that it is not solved."),
    # the life of the case
    "case.classified": ("Hemos leído su caso: {category}.", "We have read your case: {category}."),
    "case.assigned": ("Lo atiende {owner}.", "It is with {owner}."),
    "case.escalated": (
        "Pasa al servicio técnico {service_point}, a más tardar el {due}.",
        "It goes to the technical service {service_point}, by {due} at the latest.",
    ),
    "case.held": ("Esperamos, hasta el {deadline}: {wait}.", "We wait until {deadline} for: {wait}."),
    "case.held:customer": (
        "Esperamos su respuesta hasta el {deadline}.",
        "We wait for your answer until {deadline}.",
    ),
    "case.resumed": ("Seguimos adelante con su caso.", "We go on with your case."),
    "information.requested": (
        "Necesitamos de usted: {missing}, hasta el {deadline}.",
        "We need from you: {missing}, until {deadline}.",
    ),
    "resolution.proposed": (
        "Creemos que está resuelto y le preguntamos si es así.",
        "We believe that it is solved and ask you whether it is.",
    ),
    "case.closed": ("Hemos cerrado el caso.", "We have closed the case."),
    "case.closed:confirmed": (
        "Caso cerrado: usted confirmó que está resuelto.",
        "Case closed: you confirmed that it is solved.",
    ),
    "case.closed:unconfirmed": (
        "Caso cerrado sin su confirmación. Si no está resuelto, díganoslo y seguimos.",
        "Case closed without your confirmation. If it is not solved, tell us and we go on.",
    ),
    "case.reopened": (
        "Hemos reabierto el caso. Lo atiende {owner}.",
        "We reopened the case. It is with {owner}.",
    ),
    # promises
    "promise.made": (
        "Le prometemos {kind} a más tardar el {due}.",
        "We promise {kind} by {due} at the latest.",
    ),
    "promise.kept": ("Promesa cumplida: {kind}.", "Promise kept: {kind}."),
    "promise.broken": (
        "No hemos cumplido a tiempo: {kind}, prometido para el {due}. Lo sentimos.",
        "We did not keep this in time: {kind}, promised for {due}. We are sorry.",
    ),
    # rights and remedies
    "coverage.assessed": ("Hemos estudiado sus derechos.", "We have assessed your rights."),
    "coverage.assessed:trial": (
        "Su producto está en el periodo de prueba. Puede tener: {remedies_allowed}.",
        "Your product is in its trial period. You may have: {remedies_allowed}.",
    ),
    "coverage.assessed:guarantee": (
        "Su producto está en garantía. Puede elegir: {remedies_allowed}.",
        "Your product is under guarantee. You may choose: {remedies_allowed}.",
    ),
    "coverage.assessed:out": (
        "Su producto está fuera de garantía. Le diremos qué opciones hay.",
        "Your product is out of guarantee. We will tell you what options there are.",
    ),
    "coverage.assessed:unknown": (
        "Para saber sus derechos nos falta: {missing}.",
        "To know your rights we still need: {missing}.",
    ),
    "replacement.approved": (
        "Le damos una unidad nueva, a más tardar el {promised_by}.",
        "You get a new unit, by {promised_by} at the latest.",
    ),
    "replacement.shipped": ("La unidad nueva está en camino.", "The new unit is on its way."),
    "replacement.delivered": ("La unidad nueva se ha entregado.", "The new unit was delivered."),
    "repair.authorized": (
        "Reparación autorizada en {service_point}, a más tardar el {due}.",
        "Repair authorised at {service_point}, by {due} at the latest.",
    ),
    "repair.completed": (
        "Reparación terminada, con garantía de la reparación hasta el {repair_guarantee_until}.",
        "Repair completed; the repair is guaranteed until {repair_guarantee_until}.",
    ),
    "repair.failed": ("No se ha podido reparar.", "It could not be repaired."),
    "item.received": ("Hemos recibido su unidad.", "We have received your unit."),
    "item.received:workshop": ("El taller ha recibido su unidad.", "The workshop has received your unit."),
    "item.received:warehouse": (
        "El almacén ha recibido la unidad defectuosa.",
        "The warehouse has received the faulty unit.",
    ),
    "item.returned": ("Se le ha devuelto su unidad.", "Your unit was given back to you."),
    "remedy.already_in_force": (
        "Para este defecto ya hay una solución en marcha en otro caso.",
        "For this defect a remedy is already under way in another case.",
    ),
    # messages
    "notification.sent": ("Le hemos enviado un mensaje.", "We sent you a message."),
    "notification.failed": (
        "No hemos podido enviarle un mensaje; le buscaremos por otra vía.",
        "A message could not be sent to you; we will reach you another way.",
    ),
}

NAMES: dict[str, tuple[str, str]] = {
    "Category.care": ("atención", "care"),
    "Category.online_support": ("ayuda en línea", "online support"),
    "Category.technical_fault": ("avería", "technical fault"),
    "Category.training": ("formación", "training"),
    "Category.complaint": ("reclamación", "complaint"),
    "Category.warranty_query": ("consulta de garantía", "warranty query"),
    "Category.replacement_request": ("petición de cambio", "request for a replacement"),
    "Category.spam_or_unclear": ("nos falta entenderlo mejor", "we still have to understand it better"),
    "Category.unknown": ("otro asunto", "another matter"),
    "RemedyKind.replacement": ("unidad nueva", "replacement"),
    "RemedyKind.repair": ("reparación", "repair"),
    "RemedyKind.refund": ("devolución del dinero", "refund"),
    "RemedyKind.price_reduction": ("rebaja del precio", "price reduction"),
    "RemedyKind.quote": ("presupuesto", "quote"),
    "RemedyKind.unknown": ("otra solución", "another remedy"),
    "WaitName.customer": ("su respuesta", "your answer"),
    "WaitName.first_line": ("nuestro equipo de atención", "our care team"),
    "WaitName.workshop": ("el taller", "the workshop"),
    "WaitName.part": ("un repuesto", "a spare part"),
    "WaitName.logistics": ("la entrega", "the delivery"),
    "WaitName.education": ("formación", "the education area"),
    "WaitName.refund": ("el abono", "the refund"),
    "WaitName.linked_case": ("el otro caso", "the other case"),
    "WaitName.unknown": ("otro paso", "another step"),
    "PartyKind.agent": ("una persona de nuestro equipo", "a person of our team"),
    "PartyKind.queue": ("nuestro equipo", "our team"),
    "PartyKind.service_point": ("el servicio técnico {id}", "the technical service {id}"),
    "PartyKind.service": ("nuestro sistema", "our system"),
    "PartyKind.customer": ("usted", "you"),
    "PartyKind.unknown": ("nuestro equipo", "our team"),
    "PromiseKind.first_answer": ("una primera respuesta", "a first answer"),
    "PromiseKind.decision": ("una decisión", "a decision"),
    "PromiseKind.next_step": ("el siguiente paso", "the next step"),
    "PromiseKind.replacement": ("la unidad nueva", "the new unit"),
    "PromiseKind.repair": ("la reparación", "the repair"),
    "missing.product_unit": ("el número de serie", "the serial number"),
    "missing.purchase": ("la compra (factura o pedido)", "the purchase (invoice or order)"),
    "missing.purchase_ref": ("el número de factura o pedido", "the number of the invoice or order"),
    "missing.purchased_on": ("la fecha de compra", "the date of purchase"),
    "missing.delivered_on": ("la fecha de entrega", "the date of delivery"),
    "missing.buyer": (
        "si compró como particular o empresa",
        "whether you bought as a consumer or a business",
    ),
    "missing.symptom_code": ("qué le pasa al producto", "what is wrong with the product"),
    "missing.remedy": ("qué solución prefiere", "which remedy you prefer"),
    "missing.area": ("su código postal", "your postcode"),
    "missing.other": ("más información", "further information"),
}

HEADLINES: dict[str, tuple[str, str]] = {
    "received": (
        "Hemos recibido su caso y lo estamos leyendo.",
        "We have received your case and are reading it.",
    ),
    "with_owner": ("Su caso está en marcha.", "We are working on your case."),
    "choose": ("Le toca elegir: {remedies}.", "It is for you to choose: {remedies}."),
    "asked": ("Necesitamos de usted: {missing}.", "We need from you: {missing}."),
    "replacement.approved": (
        "Le damos una unidad nueva; la estamos preparando.",
        "You get a new unit; we are getting it ready.",
    ),
    "replacement.shipped": ("Su unidad nueva está en camino.", "Your new unit is on its way."),
    "replacement.delivered": ("Su unidad nueva se ha entregado.", "Your new unit was delivered."),
    "repair.authorized": (
        "La reparación está autorizada: el servicio técnico espera su unidad.",
        "The repair is authorised: the technical service expects your unit.",
    ),
    "item.received": ("Su unidad está en el taller.", "Your unit is at the workshop."),
    "repair.completed": ("Su unidad está reparada.", "Your unit is repaired."),
    "repair.failed": (
        "No se ha podido reparar; buscamos otra solución.",
        "It could not be repaired; we are looking for another remedy.",
    ),
    "solved?": (
        "Creemos que está resuelto. ¿Es así? Díganos sí o no.",
        "We believe that it is solved. Is it? Please tell us yes or no.",
    ),
    "confirmed": ("Resuelto: usted lo confirmó. Gracias.", "Solved: you confirmed it. Thank you."),
    "unconfirmed": (
        "Cerrado sin su confirmación. Si no está resuelto, díganoslo.",
        "Closed without your confirmation. If it is not solved, tell us.",
    ),
}
