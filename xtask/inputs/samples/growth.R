# Fits a logistic curve to the height of sunflowers.
library(stats)

days <- c(7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84)
height <- c(17.9, 36.4, 67.8, 98.1, 131.0, 169.5, 205.5, 228.3, 247.1, 250.5, 253.8, 254.5)
flowers <- data.frame(days = days, height = height)

fit <- nls(height ~ SSlogis(days, Asym, xmid, scal), data = flowers)
print(summary(fit))

residual_table <- function(model, data) {
  data$fitted <- predict(model, newdata = data)
  data$residual <- with(data, height - fitted)
  data[order(-abs(data$residual)), ]
}

head(residual_table(fit, flowers), n = 3)
png("growth.png", width = 640, height = 480)
plot(flowers, pch = 19, xlab = "days", ylab = "height (cm)")
lines(days, predict(fit), col = "blue", lwd = 2)
dev.off()
